import { dirname, join } from 'node:path'
import { type Digest, hexOf } from '../digest/index.ts'
import { makeFolder } from '../make-folder.ts'
import { noteUse, renameOver, writeFresh, writing } from '../store/index.ts'
import type { Tree } from '../tree/index.ts'
import { pageCache } from './index-file/directory.ts'
import { type IndexFile, openIndexFile } from './index-file/open.ts'
import { changesOfIndex, type PlaceData, treeOfIndex } from './index-file/tree.ts'
import type { LayerIndex } from './layer-index.ts'

/** The index files of layers, by diff id. Any of them, and the folder, may go at any time. */
export interface IndexShelf {
  /** Reads no more than the header; undefined when there is none that can be read. */
  open(diffId: Digest): StoredIndex | undefined
  /** Notes that the layer is used. @param now milliseconds since 1970 */
  use(diffId: Digest, now: number): void
  /** Replaces what was there. @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY */
  put(diffId: Digest, index: LayerIndex): Promise<void>
}

/** An index file: read where it is asked, and checked where it is read. */
export interface StoredIndex extends LayerIndex {
  /** Reads all of it: true when every byte is as it was written. */
  isWhole(): boolean
  /** What the layer says. @throws {DamagedIndexError} from each of its functions */
  tree(place: PlaceData): Tree
}

/** @param aside gives a directory for files that are not whole yet */
export function openIndexShelf(folder: string, aside: () => Promise<string>): IndexShelf {
  const cache = pageCache()
  const path = (diffId: Digest) => join(folder, hexOf(diffId).slice(0, 2), hexOf(diffId).slice(2))
  const stored = (file: IndexFile): StoredIndex => ({
    tarSize: file.tarSize,
    changes: { [Symbol.iterator]: () => changesOfIndex(file) },
    isWhole: file.isWhole,
    tree: (place) => treeOfIndex(file, place, cache),
  })
  return {
    open(diffId) {
      const file = openIndexFile(path(diffId))
      return file && stored(file)
    },
    use: (diffId, now) => void noteUse(path(diffId), now),
    async put(diffId, index) {
      const { indexPieces } = await import('./index-file/write.ts')
      async function* pieces() {
        yield* indexPieces(index)
      }
      const made = await writeFresh(await aside(), pieces())
      await writing(path(diffId), 0, async () => {
        makeFolder(dirname(path(diffId)), 0o700)
        await renameOver(made, path(diffId))
      })
    },
  }
}
