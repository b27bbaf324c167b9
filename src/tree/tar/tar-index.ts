import { type Digest, sha256, sha256Hasher } from '../../digest/index.ts'
import type { Change, Content, Tree } from '../entry.ts'
import { fileBytes } from '../file-bytes.ts'
import { archiveError, quoted } from './archive-error.ts'
import { layerMap } from './layer-map.ts'
import { type ArchiveLimits, defaultArchiveLimits } from './limits.ts'
import type { ArchiveForm, OpaqueMark, TarEntry, TarFile } from './member.ts'
import { readTar, type TarMember } from './read.ts'

export interface IndexOptions {
  /** Default: `layer`. */
  readonly form?: ArchiveForm
  readonly limits?: ArchiveLimits
  /** Hash the bytes of each file while they pass. */
  readonly digests?: boolean
  /** Told of every member, also of those that a later one replaces. */
  readonly seen?: (entry: TarEntry) => void
}

/**
 * The tree of an uncompressed tar on this machine, in memory, without unpacking it: the content of each file is its bytes
 * in the tar, which must stay where it is. Whiteouts and opaque directories show, as `Tree` says.
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME, TSB_PATH_LOOP
 */
export function tarIndex(tarFile: string, options: IndexOptions = {}): Promise<Tree> {
  return indexTar(fileBytes(tarFile), tarFile, options)
}

/**
 * As `tarIndex`, from bytes that are read now (while they are written to `tarFile`, for example), with contents in a file
 * that is read later.
 */
export async function indexTar(
  bytes: AsyncIterable<Uint8Array>,
  tarFile: string,
  { form = 'layer', limits = defaultArchiveLimits, digests = false, seen }: IndexOptions = {},
): Promise<Tree> {
  const map = layerMap(limits.linkSteps)
  for await (const member of readTar(bytes, form, limits)) {
    seen?.(member.entry)
    map.add(await changeOf(member, tarFile, digests))
  }
  return map.tree()
}

async function changeOf(
  { entry, body, offset }: TarMember,
  tarFile: string,
  digests: boolean,
): Promise<Change | OpaqueMark> {
  if (entry.kind !== 'file') return entry
  if (offset === undefined) {
    const bytes = await inMemory(entry, body)
    return { ...entry, content: { kind: 'bytes', bytes }, ...(digests && { digest: sha256(bytes) }) }
  }
  const content = hostContent(tarFile, offset)
  return digests ? { ...entry, content, digest: await digestOf(body) } : { ...entry, content }
}

async function digestOf(body: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hasher = sha256Hasher()
  for await (const piece of body) hasher.update(piece)
  return hasher.digest()
}

function hostContent(path: string, offset: number): Content {
  return { kind: 'host', path, offset }
}

const largestSparse = 64 * 2 ** 20

/** A sparse file is not in the tar in one piece. Layers have none; archives for ADD rarely. */
async function inMemory(entry: TarFile, body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (entry.size > largestSparse) {
    throw archiveError('TSB_ARCHIVE_SPARSE', `${quoted(entry.path)} is a sparse file of ${entry.size} bytes`)
  }
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}
