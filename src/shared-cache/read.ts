import { TsbuildError } from '../errors.ts'
import {
  type Descriptor,
  type DocumentLimits,
  type Manifest,
  matchPlatform,
  mediaTypes,
  type Platform,
  parseConfig,
  parseManifestOrIndex,
} from '../image/index.ts'
import { limitHint } from '../limits.ts'
import type { Source } from '../transfer/index.ts'
import { readRecords } from './document.ts'
import { cacheTypes, type SharedCache } from './format.ts'
import { readInline } from './inline.ts'

/** What is read of a cache, and how much of it. */
export interface CacheReading {
  /** What it is called, for messages. */
  readonly name: string
  /** Of the images of an index, those whose records are read. */
  readonly platforms: readonly Platform[]
  readonly limits: DocumentLimits
  readonly signal?: AbortSignal | undefined
}

/**
 * The records of a shared cache, or those that an image has in itself. Its layers are not touched.
 * @throws {TsbuildError} TSB_CACHE_NONE, TSB_CACHE_FORMAT, TSB_CACHE_KEY, and those of reading documents
 */
export async function readCache(source: Source, reading: CacheReading): Promise<SharedCache> {
  const manifests = await manifestsOf(source, reading)
  const all = await Promise.all(manifests.map((manifest) => readManifest(source, manifest, reading)))
  const read = all.filter((cache) => cache !== undefined)
  if (read.length === 0) throw noCache(reading.name)
  return { records: read.flatMap(({ records }) => records), mounts: read.flatMap(({ mounts }) => mounts) }
}

/** @returns undefined for an image without records: others of its index may have some */
async function readManifest(
  source: Source,
  manifest: Manifest,
  reading: CacheReading,
): Promise<SharedCache | undefined> {
  const { name, limits, signal } = reading
  const bytes = (type: string) => blobBytes(source, { ...manifest.config, mediaType: type }, reading)
  if (isCache(manifest)) return readRecords(await bytes(cacheTypes.records), manifest.layers, name, limits)
  if (manifest.config.mediaType === mediaTypes.config) {
    signal?.throwIfAborted()
    const config = await parseConfig(await bytes(mediaTypes.config), `the config of ${name}`, limits)
    return readInline(manifest, config, name, limits)
  }
  return undefined
}

/** True for the manifest of a cache, whatever it holds. */
export function isCache({ config, artifactType }: Manifest & { readonly artifactType?: unknown }): boolean {
  return artifactType === cacheTypes.artifact && config.mediaType === cacheTypes.records
}

async function manifestsOf(
  source: Source,
  { name, platforms, limits, signal }: CacheReading,
): Promise<readonly Manifest[]> {
  const about = (descriptor: Descriptor) => ({ name: `the manifest of ${name}`, mediaType: descriptor.mediaType })
  const found = await parseManifestOrIndex(source.root.bytes, about(source.root.descriptor), limits)
  if (found.kind === 'manifest') return [found.manifest]
  const { manifests } = found.index
  const entries = new Set(platforms.flatMap((platform) => matchPlatform(manifests, platform) ?? []))
  const read = await Promise.all(
    [...entries].map(async (entry) => parseManifestOrIndex(await source.document(entry, signal), about(entry), limits)),
  )
  return read.flatMap((image) => (image.kind === 'manifest' ? [image.manifest] : []))
}

async function blobBytes(source: Source, descriptor: Descriptor, { name, limits, signal }: CacheReading) {
  if (descriptor.size > limits.config) {
    throw new TsbuildError(
      'TSB_DOCUMENT_TOO_LARGE',
      `the records of ${name} have ${descriptor.size} bytes, more than the ${limits.config} allowed`,
      { hint: limitHint('config-bytes') },
    )
  }
  const pieces: Uint8Array[] = []
  for await (const piece of source.blob(descriptor, signal).open()) pieces.push(piece)
  return Buffer.concat(pieces)
}

function noCache(name: string): TsbuildError {
  return new TsbuildError('TSB_CACHE_NONE', `${name} has no cache in it`, {
    hint: 'it is written by --cache-to type=registry, type=local or type=inline of tsbuild',
  })
}
