import { lstatSync, readdirSync, type StatsBase } from 'node:fs'
import { type Digest, digestOf, sha256Hasher } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { seal, unseal } from './sealed.ts'
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

/** A text of what the file system says of a file, or of all in a folder. */
function signsOf(path: string): string {
  const found = statsOf(path)
  if (!found?.isDirectory()) return found ? signs(found, 'file') : ''
  return signsOfFolder(path)
}

/** Of a file that is moved about ctime does not count: renaming and settling change it. */
function signs({ dev, ino, mode, uid, gid, size, rdev, mtimeNs, ctimeNs }: Stats, what: 'file' | 'entry'): string {
  const said = what === 'file' ? [dev, ino, size, mtimeNs] : [dev, ino, mode, uid, gid, size, rdev, mtimeNs, ctimeNs]
  return said.join(' ')
}

type Stats = StatsBase<bigint> & { readonly mtimeNs: bigint; readonly ctimeNs: bigint }

/** Of folders only what is in them counts, since renaming one changes its times. */
function signsOfFolder(folder: string): Digest {
  const hasher = sha256Hasher()
  const waiting = [Buffer.from(folder)]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare)) {
      const path = Buffer.concat([at, slash, name])
      const found = statsOf(path)
      if (found?.isDirectory()) waiting.push(path)
      hasher.update(path.subarray(folder.length))
      hasher.update(Buffer.from(found ? `\0${found.isDirectory() ? found.mode : signs(found, 'entry')}\0` : '\0'))
    }
  }
  return hasher.digest()
}

const slash = Buffer.from('/')

function statsOf(path: string | Buffer): Stats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return undefined
    throw error
  }
}
