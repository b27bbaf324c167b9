import { type Digest, sha256Hasher } from '../digest/index.ts'
import type { FileTree, HostStats } from './entry.ts'
import { nameBytes } from './names.ts'
import { joinPath, type TreePath } from './path.ts'

/** What the file system says of some files of this machine, none of which was read. */
export interface Survey {
  /**
   * sha256 over their paths, modes and owners, and of files device, inode, size, mtime and ctime: equal surveys, equal bytes,
   * as far as the file system can be believed (see `newest`).
   */
  readonly id: Digest
  /** The latest ctime of a file, in nanoseconds since 1970: one just now may hide a change that comes after it. */
  readonly newest: bigint
}

/**
 * Looks at these paths and all below them, in the order of a walk.
 * @returns undefined where the tree is not one of this machine, or something is there that is no file, directory or link
 */
export function survey(tree: FileTree, paths: Iterable<TreePath>): Survey | undefined {
  const { stats } = tree
  if (!stats) return undefined
  const notes = openNotes()
  const waiting = [...paths].reverse()
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const seen = stats(path)
    if (!seen || seen.kind === 'special' || !notes.add(path, seen)) return undefined
    if (seen.kind !== 'directory') continue
    const names = tree.list(path)
    for (let at = names.length - 1; at >= 0; at--) waiting.push(joinPath(path, names[at] ?? ''))
  }
  return notes.end()
}

/** Bytes gathered before they are hashed: more than the longest path and what is said of it. */
const roomSize = 1 << 18
/** A path is of 64 KiB at most: the kernel takes 4 KiB. */
const longestPath = 1 << 16

/** Bytes of an entry before its path. */
const headSize = 56
const kinds = { file: 1, directory: 2, symlink: 3, special: 4 } as const

function openNotes() {
  const hasher = sha256Hasher()
  const room = Buffer.from(new ArrayBuffer(roomSize))
  const halves = new Uint32Array(room.buffer)
  const numbers = new Float64Array(room.buffer)
  const words = new BigUint64Array(room.buffer)
  let [used, newest] = [0, 0n]
  return {
    /** False for a path that is too long. */
    add(path: TreePath, { kind, mode, uid, gid, size, dev, ino, mtimeNs, ctimeNs }: HostStats): boolean {
      if (path.length * 3 > longestPath) return false
      if (used + longestPath + headSize > roomSize) {
        hasher.update(room.subarray(0, used))
        used = 0
      }
      const length = writeName(room, used + headSize, path)
      const word = used / 8
      halves[2 * word] = length
      halves[2 * word + 1] = (kinds[kind] << 16) | mode
      halves[2 * word + 2] = uid
      halves[2 * word + 3] = gid
      // Of a directory its times and inode do not count: they tell of what is in it, or of nothing.
      const counts = kind !== 'directory'
      numbers[word + 2] = counts ? size : 0
      words[word + 3] = counts ? dev : 0n
      words[word + 4] = counts ? ino : 0n
      words[word + 5] = counts ? mtimeNs : 0n
      words[word + 6] = counts ? ctimeNs : 0n
      const end = used + headSize + length
      used = Math.ceil(end / 8) * 8
      for (let at = end; at < used; at++) room[at] = 0
      if (counts && ctimeNs > newest) newest = ctimeNs
      return true
    },
    end: (): Survey => ({ id: hasher.update(room.subarray(0, used)).digest(), newest }),
  }
}

function writeName(room: Buffer, at: number, path: TreePath): number {
  return path.isWellFormed() ? room.write(path, at) : nameBytes(path).copy(room, at)
}
