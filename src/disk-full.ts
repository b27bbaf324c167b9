import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TsbuildError } from './errors.ts'

/**
 * TSB_DISK_FULL for a file that had no room.
 * @param bytes how many were to be written
 * @param isPart these could be written, of a number that nobody knows, and are free again
 */
export async function diskFull(cause: unknown, path: string, bytes: number, isPart = false): Promise<TsbuildError> {
  const room = await roomOf(dirname(path))
  const sizes = isPart ? `full after ${bytes} bytes of it` : `${bytes} bytes, ${room?.bytes ?? 0} are free`
  const missing = room?.inodes === 0 ? 'no inode is free' : sizes
  return new TsbuildError('TSB_DISK_FULL', `no space left for ${path} (${missing})`, { hint, cause })
}

/** TSB_DISK_FULL where there is little room for what is done in this folder; undefined where there is some. */
export async function fullBelow(folder: string, what: string, cause?: unknown): Promise<TsbuildError | undefined> {
  const left = await littleLeft(folder)
  if (left === undefined) return undefined
  return new TsbuildError('TSB_DISK_FULL', `no space left below ${folder} (${left} are free): ${what}`, {
    hint,
    cause,
  })
}

/** What to do where a program in this folder may have failed for want of room; undefined where there is some. */
export async function fullHint(folder: string): Promise<string | undefined> {
  const left = await littleLeft(folder)
  return left && `its disk is full (${left} are free): ${hint}`
}

const hint = 'free some space (tsbuild prune does), or give --root, or TSBUILD_ROOT, a directory on another disk'

/** With less a program that writes a few small files may fail. */
const little = { bytes: 1 << 20, inodes: 16 }

async function littleLeft(folder: string): Promise<string | undefined> {
  const room = await roomOf(folder)
  if (!room || (room.bytes >= little.bytes && room.inodes >= little.inodes)) return undefined
  return room.inodes < little.inodes ? `${room.inodes} inodes` : `${room.bytes} bytes`
}

/** File systems that count no inodes have any number. */
async function roomOf(folder: string): Promise<{ readonly bytes: number; readonly inodes: number } | undefined> {
  const found = await statfs(folder).catch(() => undefined)
  if (!found) return undefined
  return { bytes: found.bavail * found.bsize, inodes: found.files > 0 ? found.ffree : Number.POSITIVE_INFINITY }
}
