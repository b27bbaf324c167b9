import { closeSync, read } from 'node:fs'
import { promisify } from 'node:util'
import { type Digest, sha256, sha256Hasher } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { Content, FileEntry } from './entry.ts'
import { absolutePath } from './path.ts'
import { checkIdentity, type FilePart, NotAsListed, openFile, readWhole } from './read-file.ts'

type HostContent = Extract<Content, { readonly kind: 'host' }>

/**
 * The bytes of a file, exactly `size` of them. A file of this machine is opened without following a link, and it must be
 * the one that was listed: nothing may have been written to it since, nor another put in its place.
 * @throws {TsbuildError} TSB_FILE_CHANGED
 */
export async function* readContent(file: FileEntry): AsyncGenerator<Uint8Array, void, undefined> {
  if (file.content.kind === 'bytes') yield file.content.bytes
  else if (file.size <= atOnce) yield readAtOnce(file, file.content)
  else yield* readInParts(file, file.content)
}

/**
 * The digest of a file's bytes.
 * @throws {TsbuildError} as `readContent`
 */
export async function digestOfContent(file: FileEntry): Promise<Digest> {
  if (file.content.kind === 'bytes') return sha256(file.content.bytes)
  if (file.size <= atOnce) return digestAtOnce(file, file.content)
  const hasher = sha256Hasher()
  for await (const part of readInParts(file, file.content)) hasher.update(part)
  return hasher.digest()
}

/**
 * The bytes of a file that must fit in memory.
 * @throws {TsbuildError} TSB_FILE_TOO_LARGE above `limit` bytes; TSB_FILE_CHANGED as `readContent`
 */
export async function readSmall(file: FileEntry, limit: number): Promise<Uint8Array> {
  if (file.size > limit) {
    const message = `${absolutePath(file.path)} has ${file.size} bytes; at most ${limit} are read`
    throw new TsbuildError('TSB_FILE_TOO_LARGE', message)
  }
  const parts: Uint8Array[] = []
  for await (const part of readContent(file)) parts.push(part)
  const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
  if (file.digest && sha256(bytes) !== file.digest) throw changed(file)
  return bytes
}

/** Below this a thread costs more than the reading. */
const atOnce = 256 * 1024
const partSize = 1024 * 1024

function readAtOnce(file: FileEntry, content: HostContent): Uint8Array {
  const bytes = Buffer.allocUnsafe(file.size)
  orExplained(file, () => readWhole(bytes, partOf(file, content)))
  return bytes
}

/** A memory for each of many small files would cost more than reading them. */
function digestAtOnce(file: FileEntry, content: HostContent): Digest {
  const bytes = file.size <= shared.length ? shared.subarray(0, file.size) : Buffer.allocUnsafeSlow(file.size)
  orExplained(file, () => readWhole(bytes, partOf(file, content)))
  return sha256(bytes)
}

/** Used by one synchronous call at a time. */
const shared = Buffer.allocUnsafeSlow(64 * 1024)

async function* readInParts(file: FileEntry, content: HostContent): AsyncGenerator<Uint8Array, void, undefined> {
  const part = partOf(file, content)
  const readPart = promisify(read)
  const fd = orExplained(file, () => openFile(content.path))
  try {
    orExplained(file, () => checkIdentity(fd, part))
    for (let at = 0; at < file.size; ) {
      const wanted = Math.min(partSize, file.size - at)
      const { bytesRead, buffer } = await readPart(fd, Buffer.allocUnsafe(wanted), 0, wanted, content.offset + at)
      if (bytesRead === 0) throw changed(file)
      yield buffer.subarray(0, bytesRead)
      at += bytesRead
    }
    orExplained(file, () => checkIdentity(fd, part))
  } finally {
    closeSync(fd)
  }
}

/** Where the bytes of a file are. */
export function partOf({ size }: FileEntry, { path, offset, identity }: HostContent): FilePart {
  return { path, offset, size, identity }
}

function orExplained<T>(file: FileEntry, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw readError(file, error)
  }
}

/** What it means that a file could not be read: TSB_FILE_CHANGED, TSB_FILE_UNREADABLE, or the error itself. */
export function readError(file: FileEntry, error: unknown): unknown {
  if (error instanceof NotAsListed) return changed(file)
  if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return changed(file, error)
  if (isSystemError(error, 'EACCES', 'EPERM')) return unreadable(absolutePath(file.path), error)
  return error
}

function changed(file: FileEntry, cause?: unknown): TsbuildError {
  return changedError(`${absolutePath(file.path)} changed while it was read`, cause)
}

/** For what was not the same at the second look. */
export function changedWhileListed(name: string, cause: Error): TsbuildError {
  return changedError(`${name} changed while it was listed`, cause)
}

function changedError(message: string, cause: unknown): TsbuildError {
  return new TsbuildError('TSB_FILE_CHANGED', message, { hint: changedHint, cause })
}

/** For a file that was written to while it was in use. */
export const changedHint =
  'something wrote to it while the build went on; try again. A log of the build itself belongs outside of the context, or in .dockerignore'

/** For what the operating system does not let us look at. */
export function unreadable(name: string, cause: Error): TsbuildError {
  return new TsbuildError('TSB_FILE_UNREADABLE', `cannot read ${name}: ${cause.message}`, {
    hint: 'look at the permissions of the file and of the directories above it',
    cause,
  })
}
