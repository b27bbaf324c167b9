import { archiveError } from './archive-error.ts'

/** Bytes that come in pieces of any size, read in pieces that the reader chooses. */
export interface ByteReader {
  /** How many bytes were read. */
  readonly position: number
  /**
   * Exactly `size` bytes; undefined when there are none left at all. Valid until the next call.
   * @throws {TsbuildError} TSB_ARCHIVE_TRUNCATED when some are left, but not as many
   */
  read(size: number): Promise<Uint8Array | undefined>
  /** The next `size` bytes, to be read before anything else is. */
  pieces(size: number): Pieces
  /** Reads all that is left and forgets it. */
  drain(): Promise<void>
  /** Tells the source that nothing more is wanted. */
  close(): Promise<void>
}

/** Some bytes in pieces as they come. A loop over them that was left can be taken up by the next one. */
export interface Pieces extends AsyncIterable<Uint8Array> {
  /** @throws {TsbuildError} TSB_ARCHIVE_TRUNCATED, as reading them */
  [Symbol.asyncIterator](): { next(): Promise<IteratorResult<Uint8Array, undefined>> }
  /** Passes over those that were not read. */
  skip(): Promise<void>
}

export function byteReader(bytes: AsyncIterable<Uint8Array>): ByteReader {
  const source = bytes[Symbol.asyncIterator]()
  let piece: Uint8Array = new Uint8Array(0)
  let position = 0

  /** Makes `piece` hold something, unless the source has ended. */
  const fill = async (): Promise<boolean> => {
    while (piece.length === 0) {
      const next = await source.next()
      if (next.done) return false
      piece = next.value
    }
    return true
  }
  const take = (size: number): Uint8Array => {
    const taken = piece.subarray(0, size)
    piece = piece.subarray(taken.length)
    position += taken.length
    return taken
  }
  const gather = async (size: number): Promise<Uint8Array | undefined> => {
    const parts: Uint8Array[] = []
    let missing = size
    while (missing > 0 && (await fill())) {
      const part = take(missing)
      parts.push(part)
      missing -= part.length
    }
    if (missing === 0) return Buffer.concat(parts, size)
    if (missing === size) return undefined
    throw truncated(position)
  }
  return {
    get position() {
      return position
    },
    read: async (size) => (size <= piece.length ? take(size) : gather(size)),
    pieces(size) {
      let missing = size
      const part = async () => {
        if (piece.length === 0 && !(await fill())) throw truncated(position)
        const taken = take(missing)
        missing -= taken.length
        return taken
      }
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => (missing > 0 ? { value: await part() } : { done: true, value: undefined }),
        }),
        async skip() {
          while (missing > 0) await part()
        },
      }
    },
    async drain() {
      while (await fill()) take(piece.length)
    },
    async close() {
      await source.return?.()
    },
  }
}

export function truncated(position: number): Error {
  return archiveError('TSB_ARCHIVE_TRUNCATED', `the archive is cut short after ${position} bytes`)
}
