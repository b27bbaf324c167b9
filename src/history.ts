import { layersOf } from './bases/index.ts'
import type { Cache } from './cache/index.ts'
import { type FindPorts, type FoundImage, findImage } from './find-image.ts'
import type { History } from './image/index.ts'
import type { HistoryRow, ImageHistory } from './image-options.ts'
import { countText } from './text/index.ts'
import { type Tree, walk } from './tree/index.ts'

/** What looking at an image's history asks of the world. */
export interface HistoryPorts extends FindPorts {
  readonly cache: Cache
}

/**
 * How an image was made, newest row first. A name or id is looked up in the store, then asked of its registry: manifest
 * and config only, no layer is pulled.
 *
 * The size of a row is the sum of the sizes of the regular files in its layer, each hard link counted once, as Docker
 * shows it; of an image that is not wholly in the store, the size of the blob.
 * @param source as `findImage` takes it
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…, TSB_ARCHIVE_…
 */
export async function history(source: string, ports: HistoryPorts): Promise<ImageHistory> {
  const image = await findImage(source, ports)
  const unpacked = await unpackedSizes(image, ports)
  const known = unpacked.flatMap((size) => size ?? [])
  const compressed = known.length < unpacked.length
  const sizes = compressed ? image.manifest.layers.map(({ size }) => size) : known
  return { ...rowsOf(image, sizes), compressed }
}

type Documents = Pick<FoundImage, 'manifest' | 'config'>

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
export function rowsOf({ manifest, config }: Documents, sizes: readonly number[]): Omit<ImageHistory, 'compressed'> {
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
  return `the history does not fit the image: ${countText(rows, 'row')} with a layer, ${countText(layers, 'layer')}; sizes may be in the wrong rows`
}
