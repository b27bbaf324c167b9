import { closeSync, openSync, readSync } from 'node:fs'
import { sha256 } from '../../digest/index.ts'
import { isSystemError } from '../../errors.ts'
import type { BlockRef } from './ref.ts'

/** An index file that is not, or not any more, what was written. */
export class DamagedIndexError extends Error {}

/** The blocks of one index file. */
export interface Blocks {
  /** The bytes that a reference means. @throws {DamagedIndexError} when the file has others there */
  read(ref: BlockRef): Buffer
}

/**
 * The file is opened for each block that is not known: a stack of layers may have more files than a process can have open,
 * and any of them may be deleted or written anew.
 * @param tail the bytes of the file from `tailOffset` on
 */
export function openBlocks(path: string, tail: Buffer, tailOffset: number): Blocks {
  return {
    read(ref) {
      const begin = ref.offset - tailOffset
      const bytes = begin >= 0 ? tail.subarray(begin, begin + ref.length) : readPart(path, ref)
      if (sha256(bytes) !== ref.digest) throw new DamagedIndexError(`${path} is damaged at byte ${ref.offset}`)
      return bytes
    },
  }
}

/** Reads bytes of an open file; fewer when it ends before. */
export function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  let done = 0
  for (let read = -1; read !== 0 && done < length; done += read) {
    read = readSync(fd, bytes, done, length - done, offset + done)
  }
  return bytes.subarray(0, done)
}

/** Runs `work` on an open file; undefined when there is none, or the disk cannot read it. */
export function withFile<T>(path: string, work: (fd: number) => T): T | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    return work(fd)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EIO')) return undefined
    throw error
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function readPart(path: string, { offset, length }: BlockRef): Buffer {
  const bytes = withFile(path, (fd) => readAt(fd, offset, length))
  if (bytes) return bytes
  throw new DamagedIndexError(`${path} is gone`)
}
