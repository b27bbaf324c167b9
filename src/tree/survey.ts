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
    if (!seen || !(seen.isFile() || seen.isDirectory() || seen.isSymbolicLink())) return undefined
    if (!notes.add(path, seen)) return undefined
    if (!seen.isDirectory()) continue
    const names = tree.list(path)
    for (let at = names.length - 1; at >= 0; at--) waiting.push(joinPath(path, names[at] ?? ''))
  }
  return notes.end()
}

/** Bytes gathered before they are hashed: more than the longest path and what is said of it. */
const roomSize = 1 << 18
/** A path is of 64 KiB at most: the kernel takes 4 KiB. */
const longestPath = 1 << 16

function openNotes() {
  const hasher = sha256Hasher()
  const room = Buffer.alloc(roomSize)
  const words = new BigUint64Array(room.buffer, room.byteOffset, roomSize / 8)
  let [used, newest] = [0, 0n]
  return {
    /** False for a path that is too long. */
    add(path: TreePath, stats: HostStats): boolean {
      if (path.length * 3 > longestPath) return false
      if (used * 8 + longestPath + 128 > roomSize) {
        hasher.update(room.subarray(0, used * 8))
        used = 0
      }
      const start = used
      const isDirectory = stats.isDirectory()
      words[start + 1] = stats.mode
      words[start + 2] = (stats.uid << 32n) | stats.gid
      // Of a directory its times and inode do not count: they tell of what is in it, or of nothing.
      words[start + 3] = isDirectory ? 0n : stats.dev
      words[start + 4] = isDirectory ? 0n : stats.ino
      words[start + 5] = isDirectory ? 0n : stats.size
      words[start + 6] = isDirectory ? 0n : stats.mtimeNs
      words[start + 7] = isDirectory ? 0n : stats.ctimeNs
      const length = writeName(room, (start + 8) * 8, path)
      words[start] = BigInt(length)
      used = start + 8 + Math.ceil(length / 8)
      room.fill(0, (start + 8) * 8 + length, used * 8)
      if (!isDirectory && stats.ctimeNs > newest) newest = stats.ctimeNs
      return true
    },
    end: (): Survey => ({ id: hasher.update(room.subarray(0, used * 8)).digest(), newest }),
  }
}

function writeName(room: Buffer, at: number, path: TreePath): number {
  return path.isWellFormed() ? room.write(path, at) : nameBytes(path).copy(room, at)
}
