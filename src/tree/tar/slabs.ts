import { partOf } from '../content.ts'
import type { Change, FileEntry } from '../entry.ts'
import { encodeHeader, encodeOpaque, encodeWhiteout, putHeader } from './encode.ts'
import { blockSize } from './fields.ts'
import type { FileCopy, FileRead } from './fill.ts'
import { checkNotReserved } from './whiteout.ts'

/**
 * A stretch of a tar in memory, complete but for the bytes of files, which its reads say: one write, one hash and one wait
 * for many small files.
 */
export interface Slab {
  readonly memory: Uint8Array
  /** Bytes of the tar in the memory. */
  readonly size: number
  readonly reads: readonly FileRead[]
  /** What each read is of. */
  readonly files: readonly SlabFile[]
  /** True when it has a part of a file that begins or ends in another slab. */
  readonly hasParts: boolean
}

export interface SlabFile {
  readonly file: FileEntry
  /** Where its bytes begin in the tar. */
  readonly offset: number
}

/** Bytes of a slab: a multiple of the block size. */
export const slabSize = 2 ** 20

/** Says where the bytes of a file are once more, when that is known. */
export type CopyOf = (file: FileEntry) => FileCopy | undefined

/**
 * Cuts the tar of some changes, in the order in which they come, into slabs; the same changes give the same bytes.
 * Directories that nobody said are left out.
 * @param take gives `slabSize` bytes for each slab
 * @throws {TsbuildError} TSB_WHITEOUT_RESERVED for a name that would be a whiteout
 */
export function* slabsOf(
  changes: Iterable<Change>,
  take: () => Uint8Array,
  copyOf: CopyOf = () => undefined,
): Generator<Slab, void, undefined> {
  const assembly = new Assembly(take)
  for (const change of changes) {
    if (change.kind === 'directory' && change.implied && !change.opaque) continue
    checkNotReserved(change.path)
    const copy = change.kind === 'file' ? copyOf(change) : undefined
    if (assembly.putWhole(change, copy)) continue
    yield* assembly.header(change)
    if (change.kind === 'file') yield* assembly.content(change, copy)
  }
  yield* assembly.bytes(zeros)
  yield* assembly.end()
}

/** The end mark, and more than any padding. */
const zeros = new Uint8Array(2 * blockSize)

/** Bytes from the end of a file to that of its last block. */
function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

/** A file up to this size is never cut, so that anybody can read it. */
const wholeSize = slabSize / 4

/** The slab that is being made. Its methods give it away when it is full. */
class Assembly {
  readonly #take: () => Uint8Array
  #memory: Uint8Array
  #used = 0
  #reads: FileRead[] = []
  #files: SlabFile[] = []
  #hasParts = false
  /** Bytes in the slabs before. */
  #before = 0

  constructor(take: () => Uint8Array) {
    this.#take = take
    this.#memory = take()
  }

  /** Puts in an entry that fits and is nothing unusual; false, and nothing happened, for another. */
  putWhole(change: Change, copy: FileCopy | undefined): boolean {
    const size = change.kind === 'file' ? change.size : 0
    const end = this.#used + blockSize + size + paddingOf(size)
    if (end > slabSize || change.kind === 'whiteout' || (change.kind === 'directory' && change.opaque)) return false
    if (!putHeader(this.#memory, this.#used, change)) return false
    this.#used += blockSize
    if (change.kind === 'file') this.#read(change, 0, size, this.#before + this.#used, copy)
    this.#memory.fill(0, this.#used, end)
    this.#used = end
    return true
  }

  *header(change: Change): Generator<Slab, void, undefined> {
    yield* this.bytes(change.kind === 'whiteout' ? encodeWhiteout(change) : encodeHeader(change))
    if (change.kind === 'directory' && change.opaque) yield* this.bytes(encodeOpaque(change))
  }

  *bytes(bytes: Uint8Array): Generator<Slab, void, undefined> {
    for (let done = 0; done < bytes.length; ) {
      if (this.#used === slabSize) yield* this.#give()
      const piece = bytes.subarray(done, done + slabSize - this.#used)
      this.#memory.set(piece, this.#used)
      this.#used += piece.length
      done += piece.length
    }
  }

  *content(file: FileEntry, copy: FileCopy | undefined): Generator<Slab, void, undefined> {
    if (file.size <= wholeSize && this.#used + file.size > slabSize) yield* this.#give()
    const offset = this.#before + this.#used
    let from = 0
    do {
      if (this.#used === slabSize) yield* this.#give()
      const length = Math.min(file.size - from, slabSize - this.#used)
      this.#read(file, from, length, offset, copy)
      from += length
    } while (from < file.size)
    yield* this.bytes(zeros.subarray(0, paddingOf(file.size)))
  }

  *end(): Generator<Slab, void, undefined> {
    if (this.#used > 0) yield this.#finished()
  }

  #read(file: FileEntry, from: number, length: number, offset: number, copy: FileCopy | undefined): void {
    const { content, size } = file
    const isWhole = length === size
    const at = this.#used
    if (content.kind === 'bytes') this.#memory.set(content.bytes.subarray(from, from + length), at)
    const part = content.kind === 'host' ? partOf(file, content) : undefined
    this.#reads.push({ file: part, size, from, length, at, copy: isWhole ? copy : undefined })
    this.#files.push({ file, offset })
    this.#hasParts ||= !isWhole
    this.#used += length
  }

  /** Memory for the next slab is taken when somebody asks for it. */
  *#give(): Generator<Slab, void, undefined> {
    yield this.#finished()
    this.#before += this.#used
    this.#memory = this.#take()
    this.#used = 0
    this.#reads = []
    this.#files = []
    this.#hasParts = false
  }

  #finished(): Slab {
    const [memory, size, reads, files] = [this.#memory, this.#used, this.#reads, this.#files]
    return { memory, size, reads, files, hasParts: this.#hasParts }
  }
}
