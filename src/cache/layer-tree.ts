import { type Content, type Tree, type TreePath, treeOfEntries } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { sizeOf } from './exists.ts'
import { DamagedIndexError } from './index-file/blocks.ts'
import type { LayerFiles } from './layer-files.ts'
import { changeOf, type LayerIndex } from './layer-index.ts'
import { isPlainTar } from './layer-places.ts'
import { DamagedTreeError } from './repairing.ts'

/**
 * The tree of a layer. What it says comes from the index, whatever forms there are, so that it always says the same; the
 * bytes come from the uncompressed tar, or from the directory when there is that alone. With `part` no more is read of the
 * index than what is asked for: when that is damaged, a `DamagedTreeError` is thrown.
 */
export async function layerTree(layer: LayerRecord, files: LayerFiles, use?: 'part'): Promise<Tree> {
  const index = await files.index(layer, use)
  const place = await placeOf(layer, index, files)
  let tree = index.tree?.(place) ?? treeOfChanges(index, place)
  const repair = async () => {
    tree = treeOfChanges(await files.remakeIndex(layer), place)
  }
  const look = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      if (error instanceof DamagedIndexError) throw new DamagedTreeError(error, repair)
      throw error
    }
  }
  return {
    get: (path) => look(() => tree.get(path)),
    list: (path) => look(() => tree.list(path)),
    impliedDirectories: () => look(() => tree.impliedDirectories?.() ?? []),
  }
}

function treeOfChanges({ changes }: LayerIndex, place: (path: TreePath, offset: number) => Content): Tree {
  return treeOfEntries([...changes].map((change) => changeOf(change, place)))
}

async function placeOf(
  layer: LayerRecord,
  index: LayerIndex,
  files: LayerFiles,
): Promise<(path: TreePath, offset: number) => Content> {
  const { places } = files
  const made = isPlainTar(layer.descriptor) ? undefined : places.tar(layer.diffId)
  if (made && sizeOf(made) !== index.tarSize) {
    const directory = places.directory(layer.diffId)
    if (await files.hasDirectory(layer)) return (path) => ({ kind: 'host', path: `${directory}/${path}`, offset: 0 })
  }
  const tar = await files.plainTar(layer)
  return (_, offset) => ({ kind: 'host', path: tar, offset })
}
