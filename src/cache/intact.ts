import { digestOf, seal, unseal } from '../digest/index.ts'
import { signsOf } from '../tree/index.ts'
import type { Shelf } from './shelf.ts'
import { savedIfPossible } from './stat-index.ts'

/**
 * Remembers of files and folders of the store what the file system said of them when they were known to be right: what nobody
 * has touched since need not be read to be believed.
 */
export interface Intact {
  /**
   * True for what is untouched, or else turns out to be right when it is read; looked at once a process.
   * @param check reads it
   */
  is(path: string, check: () => Promise<boolean>): Promise<boolean>
  /** Says that what is there is right. It need not be kept: then it is read once more. */
  note(path: string): Promise<void>
}

/** @param shelf path below `root` → what the file system says */
export function openIntact(shelf: Shelf, root: string): Intact {
  const known = new Map<string, Promise<boolean>>()
  const keyOf = (path: string) => digestOf(path.slice(root.length))
  const keep = (path: string) => savedIfPossible(shelf.put(keyOf(path), seal(signsOf(path))))
  const look = async (path: string, check: () => Promise<boolean>) => {
    if (unseal((await shelf.get(keyOf(path))) ?? '') === signsOf(path)) return true
    if (!(await check())) return false
    await keep(path)
    return true
  }
  return {
    is(path, check) {
      const looked = known.get(path) ?? look(path, check)
      known.set(path, looked)
      // What is not right is made again, and then looked at again.
      const again = () => known.delete(path)
      void looked.then((isRight) => isRight || again(), again)
      return looked
    },
    async note(path) {
      known.set(path, Promise.resolve(true))
      await keep(path)
    },
  }
}
