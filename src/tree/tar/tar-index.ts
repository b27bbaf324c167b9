import { createReadStream } from 'node:fs'
import { type Digest, sha256, sha256Hasher } from '../../digest/index.ts'
import type { Change, Content, FileEntry, Tree } from '../entry.ts'
import { archiveError, quoted } from './archive-error.ts'
import { layerMap } from './layer-map.ts'
import { type ArchiveLimits, defaultArchiveLimits } from './limits.ts'
import type { ArchiveForm, OpaqueMark, TarEntry, TarFile } from './member.ts'
import { readTar, type TarMember } from './read.ts'

export interface IndexOptions {
  /** Default: `layer`. */
  readonly form?: ArchiveForm
  readonly limits?: ArchiveLimits
  /** Whether each file gets the digest of its bytes, which are read on the way. Default: no */
  readonly digests?: 'all'
  /** Told of every member, also of those that a later one replaces. */
  readonly seen?: (entry: TarEntry) => void
}

/**
 * The tree of an uncompressed tar on this machine, in memory, without unpacking it: the content of each file is its bytes
 * in the tar, which must stay where it is. Whiteouts and opaque directories show, as `Tree` says.
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME, TSB_PATH_LOOP
 */
export function tarIndex(tarFile: string, options: IndexOptions = {}): Promise<Tree> {
  return indexTar(createReadStream(tarFile, { highWaterMark: 2 ** 20 }), tarFile, options)
}

/**
 * As `tarIndex`, from bytes that are read now (while they are written to `tarFile`, for example), with contents in a file
 * that is read later.
 */
export async function indexTar(
  bytes: AsyncIterable<Uint8Array>,
  tarFile: string,
  { form = 'layer', limits = defaultArchiveLimits, digests, seen }: IndexOptions = {},
): Promise<Tree> {
  const map = layerMap()
  for await (const member of readTar(bytes, form, limits)) {
    seen?.(member.entry)
    const change = await changeOf(member, tarFile)
    map.add(digests && change.kind === 'file' ? { ...change, digest: await digestOf(change, member.body) } : change)
  }
  return map.tree()
}

async function changeOf({ entry, body, offset }: TarMember, tarFile: string): Promise<Change | OpaqueMark> {
  if (entry.kind !== 'file') return entry
  const content = offset === undefined ? await inMemory(entry, body) : hostContent(tarFile, offset)
  return { ...entry, content }
}

async function digestOf({ content }: FileEntry, body: AsyncIterable<Uint8Array>): Promise<Digest> {
  if (content.kind === 'bytes') return sha256(content.bytes)
  const hasher = sha256Hasher()
  for await (const part of body) hasher.update(part)
  return hasher.digest()
}

function hostContent(path: string, offset: number): Content {
  return { kind: 'host', path, offset }
}

const largestSparse = 64 * 2 ** 20

/** A sparse file is not in the tar in one piece. Layers have none; archives for ADD rarely. */
async function inMemory(entry: TarFile, body: AsyncIterable<Uint8Array>): Promise<Content> {
  if (entry.size > largestSparse) {
    throw archiveError('TSB_ARCHIVE_SPARSE', `${quoted(entry.path)} is a sparse file of ${entry.size} bytes`)
  }
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return { kind: 'bytes', bytes: Buffer.concat(parts) }
}
