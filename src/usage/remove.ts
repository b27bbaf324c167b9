import { lstatSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { removeTree, type Store } from '../store/index.ts'
import type { Entry, Part } from './entry.ts'

/** Where the files of entries go before they are deleted: out of the way of all who look for them, by one rename each. */
export interface Trash {
  /**
   * Takes an entry away.
   * @param watched somebody else may use it meanwhile: what was used after the survey comes back
   * @returns false when it stays
   */
  take(entry: Entry, watched: boolean): Promise<boolean>
  /** Deletes what was taken, without following links or leaving the file system. */
  empty(): Promise<void>
}

/** @param mounts where something is mounted: what has that in it stays */
export async function openTrash(store: Store, mounts: ReadonlySet<string>): Promise<Trash> {
  const folder = await folderFor(store)
  let count = 0
  const takeAway = async ({ path }: Part): Promise<string | undefined> => {
    const target = folder && join(folder, `${count++}`)
    if (target !== undefined && (await moved(path, target))) return target
    await removeTree(path)
    return undefined
  }
  return {
    async take({ parts, lastUsed, untagged }, watched) {
      if (parts.some(({ path }) => hasMount(path, mounts))) return false
      if (watched && folder === undefined) return false
      if (untagged) await store.images.forget([untagged])
      for (const part of parts) {
        if (watched && wasUsed(part.path, lastUsed)) return false
        const place = await takeAway(part)
        if (watched && place !== undefined && wasUsed(place, lastUsed)) {
          await moved(place, part.path)
          return false
        }
      }
      return true
    },
    async empty() {
      if (folder !== undefined) await removeTree(folder)
    },
  }
}

/** None on a disk that is too full for one more directory: then files are deleted where they are. */
async function folderFor(store: Store): Promise<string | undefined> {
  try {
    return await store.temporary('pruned')
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'TSB_DISK_FULL') return undefined
    throw error
  }
}

function hasMount(path: string, mounts: ReadonlySet<string>): boolean {
  const here = Buffer.from(path).toString('latin1')
  return [...mounts].some((mount) => mount === here || mount.startsWith(`${here}/`))
}

/** False for what is on another file system, or gone. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EXDEV', 'ENOSPC', 'EDQUOT')) return false
    throw error
  }
}

/** Reckoned as the survey does (`measure.ts`): another way of rounding would be another time. */
function wasUsed(place: string, lastUsed: number): boolean {
  const found = lstatSync(place, { bigint: true, throwIfNoEntry: false })
  return found !== undefined && !found.isDirectory() && Number(found.mtimeMs) > lastUsed
}
