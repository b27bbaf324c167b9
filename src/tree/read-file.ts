import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import type { FileIdentity } from './entry.ts'
import { encodeName } from './names.ts'

/** A fifo that took the place of a file must not make the open wait, and a link must not lead elsewhere. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** What is read is not what was listed: another file, or one that was written to since. */
export class NotAsListed extends Error {}

/** A file of this machine, or a part of one. */
export interface FilePart {
  /** With an identity: the real path, without a link on the way. */
  readonly path: string
  /** Where the part begins. */
  readonly offset: number
  readonly size: number
  /** What the whole file was when it was listed. */
  readonly identity?: FileIdentity | undefined
}

/** Opens a file for reading. Links are not followed. @throws the error of the system */
export function openFile(path: string): number {
  return openSync(encodeName(path), openFlags)
}

/**
 * Reads a file of up to a few hundred kilobytes into the beginning of these bytes.
 * @throws {NotAsListed}, the error of the system
 */
export function readWhole(bytes: Uint8Array, part: FilePart): void {
  const fd = openFile(part.path)
  try {
    readExactly(fd, bytes.subarray(0, part.size), part.offset, part)
    checkIdentity(fd, part)
  } finally {
    closeSync(fd)
  }
}

/**
 * Fills these bytes from an open file, of which they are a part.
 * @throws {NotAsListed} when it ends before; the error of the system when it is still what was listed
 */
export function readExactly(fd: number, bytes: Uint8Array, position: number, part: FilePart): void {
  let done = 0
  try {
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, bytes.length - done, position + done)
      if (read === 0) throw new NotAsListed()
      done += read
    }
  } catch (error) {
    // A fifo, directory or device that took the place of a file fails in ways of its own.
    checkIdentity(fd, part)
    throw error
  }
}

/**
 * To be asked after the last byte: an open file that has the times and the size of the listed one now is that one, and
 * nothing was written to it before. Asking before the reading would add nothing. Where the file lies is asked of the kernel:
 * a directory above it may have been a link out of the tree while it was listed and opened.
 * @throws {NotAsListed}
 */
export function checkIdentity(fd: number, { identity, size, path }: FilePart): void {
  if (identity === undefined) return
  const now = fstatSync(fd, { bigint: true })
  const isSame =
    identity.ino === now.ino &&
    identity.dev === now.dev &&
    identity.mtimeNs === now.mtimeNs &&
    identity.ctimeNs === now.ctimeNs &&
    Number(now.size) === size
  if (!isSame || !isAt(fd, path)) throw new NotAsListed()
}

function isAt(fd: number, path: string): boolean {
  const [place, link] = [encodeName(path), `/proc/self/fd/${fd}`]
  return typeof place === 'string' ? readlinkSync(link) === place : readlinkSync(link, 'buffer').equals(place)
}
