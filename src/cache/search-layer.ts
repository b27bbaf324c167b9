import { createReadStream } from 'node:fs'
import type { Wanted } from './byte-search.ts'
import type { LayerRecord } from './cache.ts'
import type { LayerFiles } from './layer-files.ts'
import type { IndexedChange } from './layer-index.ts'
import { type Find, openLayerSearch, type PlacedFile } from './layer-search.ts'

/** Looks for byte strings in a layer that is in the store: all of its tar is read. */
export async function searchLayer(
  layer: LayerRecord,
  wanted: readonly Wanted[],
  files: LayerFiles,
): Promise<readonly Find[]> {
  const search = openLayerSearch(wanted)
  const options = { highWaterMark: pieceSize }
  for await (const piece of createReadStream(await files.plainTar(layer), options)) search.push(piece)
  const { changes } = await files.index(layer)
  return search.finds(changes, () => placedFiles(changes))
}

const pieceSize = 2 ** 20

function* placedFiles(changes: Iterable<IndexedChange>): Generator<PlacedFile, void, undefined> {
  for (const change of changes) {
    if (change.kind !== 'file' || typeof change.data !== 'number') continue
    yield { path: change.path, size: change.size, offset: change.data }
  }
}
