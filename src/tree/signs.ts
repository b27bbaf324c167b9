import { lstatSync, readdirSync, type StatsBase } from 'node:fs'
import { type Digest, sha256Hasher } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'

/**
 * What the file system says of a file, or of a folder and all in it, as a text: the same text means that nobody has touched it
 * since, as far as the file system can be believed. A file or folder that is renamed keeps its signs.
 */
export function signsOf(path: string): string {
  const found = statsOf(path)
  if (!found?.isDirectory()) return found ? signs(found, 'file') : ''
  return signsOfFolder(path)
}

type Stats = StatsBase<bigint> & { readonly mtimeNs: bigint; readonly ctimeNs: bigint }

/** Renaming and settling a file change its ctime and mode. */
function signs({ dev, ino, mode, uid, gid, size, rdev, mtimeNs, ctimeNs }: Stats, what: 'file' | 'entry'): string {
  const said = what === 'file' ? [dev, ino, size, mtimeNs] : [dev, ino, mode, uid, gid, size, rdev, mtimeNs, ctimeNs]
  return said.join(' ')
}

/** Of folders their names, owners and modes count: their times change when one above is renamed. */
function signsOfFolder(folder: string): Digest {
  const hasher = sha256Hasher()
  const waiting = [Buffer.from(folder)]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of readdirSync(at, { encoding: 'buffer' }).sort(Buffer.compare)) {
      const path = Buffer.concat([at, slash, name])
      const found = statsOf(path)
      if (found?.isDirectory()) waiting.push(path)
      hasher.update(path.subarray(folder.length))
      hasher.update(
        Buffer.from(found ? `\0${found.isDirectory() ? folderSigns(found) : signs(found, 'entry')}\0` : '\0'),
      )
    }
  }
  return hasher.digest()
}

function folderSigns({ mode, uid, gid }: Stats): string {
  return [mode, uid, gid].join(' ')
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
