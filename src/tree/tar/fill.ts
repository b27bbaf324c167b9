import { closeSync } from 'node:fs'
import { type Digest, type Hasher, sha256, sha256Hasher } from '../../digest/index.ts'
import { checkIdentity, type FilePart, openFile, readExactly } from '../read-file.ts'

/** Some bytes of a file, and where they belong in a slab. Plain data, so that another thread can be asked for them. */
export interface FileRead {
  /** Undefined when the bytes are in the slab already. */
  readonly file: FilePart | undefined
  /** Bytes of the whole file. */
  readonly size: number
  /** The first byte that is wanted of the file, and how many. */
  readonly from: number
  readonly length: number
  /** Place in the slab. */
  readonly at: number
  /** Where else these bytes are, perhaps: taken from there when they have the digest. Of a whole file only. */
  readonly copy: FileCopy | undefined
}

/** Bytes in a host file that are thought to have a digest. */
export interface FileCopy {
  readonly path: string
  readonly offset: number
  readonly digest: Digest
}

/** A file that could not be read: which one of the reads. The cause is `NotAsListed`, or an error of the system. */
export class ReadFailure extends Error {
  readonly index: number

  constructor(index: number, cause: unknown) {
    super('a file could not be read', { cause })
    this.index = index
  }
}

/** Reads files into slabs and hashes them. The parts of a large file have to come in order, to one and the same filler. */
export interface Filler {
  /**
   * @returns the digest of each file that ends here, undefined for the others
   * @throws {ReadFailure}
   */
  fill(memory: Uint8Array, reads: readonly FileRead[]): readonly (Digest | undefined)[]
  /** Closes what is open. */
  close(): void
}

/** @param hashing `none` when nobody wants the digests */
export function openFiller(hashing: 'sha256' | 'none'): Filler {
  /** What is read next may be in the same file: the next part, or the next member of a tar. */
  let open: { readonly path: string; readonly fd: number } | undefined
  let hasher: Hasher | undefined
  const close = () => {
    if (open) closeSync(open.fd)
    open = undefined
  }
  const descriptorOf = (path: string) => {
    if (open?.path === path) return open.fd
    close()
    open = { path, fd: openFile(path) }
    return open.fd
  }
  const readListed = (bytes: Uint8Array, { from, length, size }: FileRead, file: FilePart) => {
    const fd = descriptorOf(file.path)
    readExactly(fd, bytes, file.offset + from, file)
    if (file.identity === undefined || from + length < size) return
    checkIdentity(fd, file)
    close()
  }
  /** Hashed even when nobody asked: what is copied is not believed. Whatever is wrong with it, the file itself is there. */
  const isCopied = (bytes: Uint8Array, { path, offset, digest }: FileCopy) => {
    try {
      readExactly(descriptorOf(path), bytes, offset, { path, offset, size: bytes.length })
    } catch {
      return false
    }
    return sha256(bytes) === digest
  }
  const digestOf = (bytes: Uint8Array, { size, from, length }: FileRead) => {
    if (hashing === 'none') return undefined
    if (length === size) return sha256(bytes)
    if (from === 0) hasher = sha256Hasher()
    hasher?.update(bytes)
    return from + length === size ? hasher?.digest() : undefined
  }
  return {
    close,
    fill: (memory, reads) =>
      reads.map((read, index) => {
        const bytes = memory.subarray(read.at, read.at + read.length)
        try {
          if (read.copy && isCopied(bytes, read.copy)) return read.copy.digest
          if (read.file) readListed(bytes, read, read.file)
        } catch (error) {
          throw new ReadFailure(index, error)
        }
        return digestOf(bytes, read)
      }),
  }
}
