import { type Content, type Tree, treeOfEntries } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { exists, sizeOf } from './exists.ts'
import type { LayerFiles } from './layer-files.ts'
import { changeOf, type IndexedFile, type LayerIndex } from './layer-index.ts'
import { isPlainTar } from './layer-places.ts'

/**
 * The tree of a layer. What it says comes from the index, whatever forms there are, so that it always says the same; the
 * bytes come from the uncompressed tar, or from the directory when there is that alone.
 */
export async function layerTree(layer: LayerRecord, files: LayerFiles): Promise<Tree> {
  const index = await files.index(layer)
  const place = await placeOf(layer, index, files)
  return treeOfEntries(index.changes.map((change) => changeOf(change, place)))
}

async function placeOf(
  layer: LayerRecord,
  index: LayerIndex,
  files: LayerFiles,
): Promise<(file: IndexedFile, offset: number) => Content> {
  const { places } = files
  const made = isPlainTar(layer.descriptor) ? undefined : places.tar(layer.diffId)
  if (made && (await sizeOf(made)) !== index.tarSize) {
    const directory = places.directory(layer.diffId)
    if (await exists(directory)) return ({ path }) => ({ kind: 'host', path: `${directory}/${path}`, offset: 0 })
  }
  const tar = await files.plainTar(layer)
  return (_, offset) => ({ kind: 'host', path: tar, offset })
}
