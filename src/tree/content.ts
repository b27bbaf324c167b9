import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { Content, FileEntry, FileIdentity } from './entry.ts'
import { encodeName } from './names.ts'
import { absolutePath } from './path.ts'

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
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}

/**
 * As `readContent`, for a file of up to `atOnce` bytes, into the beginning of these bytes: a memory for each of many small
 * files costs more than reading them.
 * @throws {TsbuildError} as `readContent`
 */
export function readInto(bytes: Uint8Array, file: FileEntry): void {
  if (file.content.kind === 'host') fill(bytes, file, file.content)
  else bytes.set(file.content.bytes)
}

/** Below this a thread costs more than the reading. */
export const atOnce = 256 * 1024
const partSize = 1024 * 1024
/** A fifo that took the place of a file must not make the open wait. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

function readAtOnce(file: FileEntry, content: HostContent): Uint8Array {
  const bytes = Buffer.allocUnsafe(file.size)
  fill(bytes, file, content)
  return bytes
}

function fill(bytes: Uint8Array, file: FileEntry, content: HostContent): void {
  const fd = orChanged(file, () => openSync(encodeName(content.path), openFlags))
  try {
    let length = 0
    checkIdentity(file, content, fd)
    while (length < file.size) {
      const read = readSync(fd, bytes, length, file.size - length, content.offset + length)
      if (read === 0) throw changed(file)
      length += read
    }
    checkIdentity(file, content, fd)
  } finally {
    closeSync(fd)
  }
}

async function* readInParts(file: FileEntry, content: HostContent): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await openFile(file, content)
  try {
    checkIdentity(file, content, handle.fd)
    for (let at = 0; at < file.size; ) {
      const wanted = Math.min(partSize, file.size - at)
      const part = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, content.offset + at)
      if (part.bytesRead === 0) throw changed(file)
      yield part.buffer.subarray(0, part.bytesRead)
      at += part.bytesRead
    }
    checkIdentity(file, content, handle.fd)
  } finally {
    await handle.close()
  }
}

async function openFile(file: FileEntry, content: HostContent): Promise<FileHandle> {
  try {
    return await open(encodeName(content.path), openFlags)
  } catch (error) {
    throw openError(file, error)
  }
}

function orChanged<T>(file: FileEntry, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw openError(file, error)
  }
}

function openError(file: FileEntry, error: unknown): unknown {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO')) return changed(file, error)
  if (isSystemError(error, 'EACCES', 'EPERM')) return unreadable(absolutePath(file.path), error)
  return error
}

function checkIdentity(file: FileEntry, { identity }: HostContent, fd: number): void {
  if (identity !== undefined && !isSame(identity, fstatSync(fd, { bigint: true }))) throw changed(file)
}

function isSame(identity: FileIdentity, now: FileIdentity): boolean {
  return (
    identity.ino === now.ino &&
    identity.dev === now.dev &&
    identity.mtimeNs === now.mtimeNs &&
    identity.ctimeNs === now.ctimeNs
  )
}

function changed(file: FileEntry, cause?: unknown): TsbuildError {
  return changedError(`${absolutePath(file.path)} changed while it was read`, cause)
}

/** For what was not the same at the second look. */
export function changedWhileListed(name: string, cause: Error): TsbuildError {
  return changedError(`${name} changed while it was listed`, cause)
}

function changedError(message: string, cause: unknown): TsbuildError {
  const hint = 'nothing else may write to it while the build runs; try again'
  return new TsbuildError('TSB_FILE_CHANGED', message, { hint, cause })
}

/** For what the operating system does not let us look at. */
export function unreadable(name: string, cause: Error): TsbuildError {
  return new TsbuildError('TSB_FILE_UNREADABLE', `cannot read ${name}: ${cause.message}`, {
    hint: 'look at the permissions of the file and of the directories above it',
    cause,
  })
}
