import { rm } from 'node:fs/promises'
import { TsbuildError } from '../errors.ts'
import { removeTree, type Store, withFreshFile } from '../store/index.ts'
import { tarOrder, writeTarFile } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { exists } from './exists.ts'
import { changeOf, type LayerIndex } from './layer-index.ts'

/**
 * Makes the tar of a layer again that somebody deleted (`umoci gc` takes blobs that no image needs), from its directory.
 * @returns false when that is not there, or not what it was any more; then it is removed
 */
export async function restoreBlob(
  store: Store,
  { diffId, descriptor }: LayerRecord,
  { changes }: LayerIndex,
  directory: string,
): Promise<boolean> {
  if (descriptor.digest !== diffId || !exists(directory)) return false
  const placed = [...changes].map((change) =>
    changeOf(change, (path) => ({ kind: 'host', path: `${directory}/${path}`, offset: 0 })),
  )
  try {
    const tar = await withFreshFile(await store.temporary('restore'), (file) => writeTarFile(tarOrder(placed), file))
    if (tar.result.diffId === diffId) {
      await store.blobs.adopt(tar.path, diffId)
      return true
    }
    await rm(tar.path)
  } catch (error) {
    if (!(error instanceof TsbuildError && error.code === 'TSB_FILE_CHANGED')) throw error
  }
  await removeTree(directory)
  return false
}
