import path from 'node:path'
import { openArchivedImage } from './archive/index.ts'
import { layersOf, readStored } from './bases/index.ts'
import type { Cache } from './cache/index.ts'
import { didYouMean, TsbuildError } from './errors.ts'
import {
  type History,
  type ImageDocuments,
  type Platform,
  parseImageSource,
  type Reference,
  samePlatform,
} from './image/index.ts'
import type { Limits } from './limits.ts'
import type { HistoryRow, ImageHistory } from './options.ts'
import type { Registry } from './registry/index.ts'
import { imageFor, noImageFor, type Store, type StoredImage } from './store/index.ts'
import { type Tree, walk } from './tree/index.ts'

/** What looking at an image's history asks of the world. */
export interface HistoryPorts {
  readonly store: Store
  readonly cache: Cache
  /** Asked when the store does not have the image. */
  readonly registry: () => Promise<Registry>
  /** Which image of several. */
  readonly platform: Platform
  /** The user named the platform: an image of the store for another one is not what is wanted. */
  readonly platformGiven: boolean
  /** What relative paths of archives are relative to. */
  readonly cwd: string
  readonly limits?: Limits
  readonly signal?: AbortSignal
}

/**
 * How an image was made, newest row first. A name or id is looked up in the store, then asked of its registry: manifest
 * and config only, no layer is pulled.
 *
 * The size of a row is the sum of the sizes of the regular files in its layer, each hard link counted once, as Docker
 * shows it; of an image that is not wholly in the store, the size of the blob.
 * @param source `app`, `mysql:8.0`, an id, `oci-archive:FILE`, `oci-layout://DIR`, `docker-archive:FILE`
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…, TSB_ARCHIVE_…
 */
export async function history(source: string, ports: HistoryPorts): Promise<ImageHistory> {
  const stored = await ports.store.images.find(source)
  const image = (stored && (await inStore(stored, ports))) ?? (await elsewhere(source, stored, ports))
  const unpacked = await unpackedSizes(image, ports)
  const known = unpacked.flatMap((size) => size ?? [])
  const compressed = known.length < unpacked.length
  const sizes = compressed ? image.manifest.layers.map(({ size }) => size) : known
  return { ...rowsOf(image, sizes), compressed }
}

type Documents = Pick<ImageDocuments, 'manifest' | 'config'>

/** Of an index the image for the platform; where nobody named one, another if there is none for it. */
async function inStore(stored: StoredImage, ports: HistoryPorts): Promise<Documents | undefined> {
  const chosen = imageFor(stored, ports.platform) ?? (ports.platformGiven ? undefined : stored.images?.[0])
  if (!chosen) return undefined
  const image = await readStored(ports.store, chosen.manifest.digest)
  const fits = stored.images || !ports.platformGiven || samePlatform(image.config, ports.platform)
  return fits ? image : undefined
}

async function elsewhere(text: string, stored: StoredImage | undefined, ports: HistoryPorts): Promise<Documents> {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(text)) throw noSuchImage(text)
  const { store, platform, cwd, limits } = ports
  const source = parseImageSource(text)
  if (source.kind === 'reference') return inRegistry(text, source.reference, stored, ports)
  return openArchivedImage({ ...source, path: path.resolve(cwd, source.path) }, platform, store.temporary, limits)
}

async function inRegistry(
  text: string,
  reference: Reference,
  known: StoredImage | undefined,
  { store, platform, registry, signal }: HistoryPorts,
) {
  try {
    return await (await registry()).resolve(reference, platform, signal)
  } catch (error) {
    if (!(error instanceof TsbuildError && /^TSB_(IMAGE_NOT_FOUND|REGISTRY_)/.test(error.code))) throw error
    if (known?.images) throw noImageFor(known, platform, text)
    const stored = (await store.images.list()).flatMap(({ names }) => names.map((name) => name.replace(/:latest$/, '')))
    throw new TsbuildError(error.code, `no image ${text} in the store, and ${error.message}`, {
      cause: error,
      hint: didYouMean(text, stored) ?? error.hint,
    })
  }
}

/** For each layer: bytes of its files, or undefined when it is not in the store. */
async function unpackedSizes(
  image: Documents,
  { store, cache }: HistoryPorts,
): Promise<readonly (number | undefined)[]> {
  const sizes: (number | undefined)[] = []
  for (const { descriptor, diffId } of layersOf(image)) {
    const here = await store.blobs.has(descriptor.digest, descriptor.size)
    sizes.push(here ? filesSize(await cache.layers.fromDescriptor(descriptor, diffId).tree()) : undefined)
  }
  return sizes
}

function filesSize(tree: Tree): number {
  let size = 0
  for (const change of walk(tree)) if (change.kind === 'file') size += change.size
  return size
}

/** Puts sizes to the rows that have a layer, in order. Rows and layers that do not fit together are shown all the same. */
function rowsOf({ manifest, config }: Documents, sizes: readonly number[]): Omit<ImageHistory, 'compressed'> {
  const history: readonly History[] = config.history ?? sizes.map(() => ({}))
  const left = [...sizes]
  const rows = history.map((row): HistoryRow => {
    const { created, created_by: createdBy = '', comment = '', empty_layer: empty } = row
    return { ...(created !== undefined && { created }), createdBy, comment, size: empty ? 0 : (left.shift() ?? 0) }
  })
  const [newest, ...older] = rows.reverse()
  const withLayer = history.filter((row) => !row.empty_layer).length
  return {
    rows: newest ? [{ id: manifest.config.digest, ...newest }, ...older] : [],
    ...(withLayer !== sizes.length && { warning: mismatch(withLayer, sizes.length) }),
  }
}

function mismatch(rows: number, layers: number): string {
  return `the history does not fit the image: ${rows} rows with a layer, ${layers} layers; sizes may be in the wrong rows`
}

function noSuchImage(id: string): TsbuildError {
  return new TsbuildError('TSB_IMAGE_NOT_FOUND', `no such image: ${id}`, {
    hint: 'tsbuild images lists those of the store',
  })
}
