import { readSync } from 'node:fs'
import { type Digest, sha256Hasher } from '../digest/index.ts'

/** sha256 of the first bytes of an open file, or of all when it has fewer. */
export function digestOfStart(fd: number, size: number): Digest {
  const hasher = sha256Hasher()
  for (let done = 0; done < size; ) {
    const read = readSync(fd, piece, 0, Math.min(piece.length, size - done), done)
    if (read === 0) break
    hasher.update(piece.subarray(0, read))
    done += read
  }
  return hasher.digest()
}

/** One for all: a hundred layers are looked through before a step on them, and fresh memory costs more than hashing it. */
const piece = Buffer.allocUnsafeSlow(256 * 1024)
