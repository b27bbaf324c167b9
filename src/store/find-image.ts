import { hexOf } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, parseReference } from '../image/index.ts'
import type { DurableBlobs } from './blobs.ts'
import { type ImageSummary, isDamaged, summarize } from './documents.ts'
import { familiarName, type IndexFile, nameOf, ownAnnotations, remoteOf, tryReference } from './index-file.ts'
import type { Locked } from './locks.ts'
import type { StoredImage } from './store.ts'
import type { DeleteUnused } from './unused.ts'

/** What the images are made of. */
export interface ImagePorts {
  readonly blobs: DurableBlobs
  readonly index: IndexFile
  readonly locked: Locked
  readonly deleteUnused: DeleteUnused
}

/** An image with what its documents say. */
export interface Listed extends StoredImage {
  readonly summary: ImageSummary
}

/** Newest first. Entries that are no image, or whose documents are gone, are passed over. */
export async function listImages({ blobs, index }: ImagePorts): Promise<readonly Listed[]> {
  const groups = Map.groupBy(await index.read(), (entry) => entry.digest)
  const listed: Listed[] = []
  for (const entries of groups.values()) {
    const image = await describe(blobs, entries)
    if (image) listed.push(image)
  }
  return listed.sort((a, b) => (a.summary.created < b.summary.created ? 1 : -1))
}

/**
 * By name, else by id.
 * @throws {TsbuildError} TSB_IMAGE_DAMAGED for a name of the store whose documents are gone or damaged
 */
export async function findImage(ports: ImagePorts, name: string): Promise<Listed | undefined> {
  const normal = tryReference(name)?.normal
  const entries = await ports.index.read()
  const named = entries.find((entry) => normal !== undefined && nameOf(entry) === normal)
  if (!named) return findById(ports, name)
  const own = entries.filter((entry) => entry.digest === named.digest)
  const image = await describe(ports.blobs, own)
  if (!image && (await isDamaged(ports.blobs, named))) throw damaged(name)
  return image
}

/** Names behind which there is no image any more, sorted. */
export async function damagedNames({ blobs, index }: ImagePorts): Promise<readonly string[]> {
  const names: string[] = []
  for (const entry of await index.read()) {
    const name = nameOf(entry)
    if (name !== undefined && (await isDamaged(blobs, entry))) names.push(familiarName(parseReference(name)))
  }
  return names.sort()
}

/** Who asks for it must not be given another image of this name. */
function damaged(name: string): TsbuildError {
  const message = `the image ${name} of the store is damaged: its manifest or its config is missing or has other bytes`
  return new TsbuildError('TSB_IMAGE_DAMAGED', message, {
    hint: `build, load or pull (--pull) ${name} again, or take the name away: tsbuild rmi ${name}; tsbuild doctor --fsck says more`,
  })
}

async function findById(ports: ImagePorts, text: string): Promise<Listed | undefined> {
  const hex = text.replace(/^sha256:/, '')
  if (!/^[0-9a-f]{4,64}$/.test(hex)) return undefined
  const matches = (await listImages(ports)).filter((image) => hexOf(image.id).startsWith(hex))
  if (new Set(matches.map((image) => image.id)).size <= 1) return matches[0]
  throw new TsbuildError('TSB_AMBIGUOUS_ID', `several images have an id that begins with ${hex}`, {
    hint: 'give more digits of the id',
  })
}

async function describe(blobs: DurableBlobs, entries: readonly Descriptor[]): Promise<Listed | undefined> {
  const [first] = entries
  const summary = first && (await summarize(blobs, first))
  if (!summary) return undefined
  const named = entries.flatMap((entry) => {
    const name = nameOf(entry)
    return name === undefined ? [] : [{ name: familiarName(parseReference(name)), remote: remoteOf(entry) }]
  })
  const { mediaType, digest, size } = first
  const annotations = ownAnnotations(first)
  return {
    names: [...new Set(named.map(({ name }) => name))].sort(),
    manifest: { mediaType, digest, size, ...(Object.keys(annotations).length > 0 && { annotations }) },
    remotes: new Map(named.flatMap(({ name, remote }) => (remote ? [[name, remote]] : []))),
    id: summary.id,
    ...(summary.images && { images: summary.images }),
    summary,
  }
}
