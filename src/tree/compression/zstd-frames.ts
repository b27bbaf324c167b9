import { archiveError, beyondLimit } from '../tar/archive-error.ts'
import { type ByteReader, byteReader } from '../tar/byte-reader.ts'

/**
 * The frames of a zstd file in pieces that never cross the border of a frame: Node's decoder forgets what follows a frame
 * in one piece. Skippable frames are skipped, in constant memory.
 * @throws {TsbuildError} TSB_ARCHIVE_WINDOW for a frame that needs more than `largestWindow` bytes to decode; TSB_ARCHIVE_DAMAGED
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 */
export async function* zstdFrames(
  bytes: AsyncIterable<Uint8Array>,
  largestWindow: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = byteReader(bytes)
  try {
    for (let magic = await reader.read(4); magic; magic = await reader.read(4)) {
      const number = littleEndian(magic)
      if ((number & 0xfffffff0) >>> 0 === skippableMagic) await skip(reader)
      else if (number === frameMagic) yield* frame(Buffer.from(magic), reader, largestWindow)
      else throw archiveError('TSB_ARCHIVE_DAMAGED', `no zstd frame before byte ${reader.position}`)
    }
  } finally {
    await reader.close()
  }
}

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50

async function skip(reader: ByteReader): Promise<void> {
  await reader.pieces(littleEndian(await exactly(reader, 4))).skip()
}

async function* frame(
  magic: Uint8Array,
  reader: ByteReader,
  largestWindow: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const descriptor = Buffer.from(await exactly(reader, 1))
  const flags = descriptor[0] ?? 0
  const rest = Buffer.from(await exactly(reader, headerLength(flags)))
  const window = windowSize(flags, rest)
  if (window > largestWindow)
    throw beyondLimit('zstd-window', 'TSB_ARCHIVE_WINDOW', `zstd data that needs a window of ${window} bytes`)
  yield Buffer.concat([magic, descriptor, rest])
  for (let last = false; !last; ) {
    const header = Buffer.from(await exactly(reader, 3))
    const number = littleEndian(header)
    const isRun = ((number >> 1) & 3) === 1
    last = (number & 1) === 1
    yield header
    yield* reader.pieces(isRun ? 1 : number >> 3)
  }
  if (flags & 0x04) yield Buffer.from(await exactly(reader, 4))
}

/** Bytes after the descriptor: window, dictionary id, size of the content. */
function headerLength(flags: number): number {
  const single = isSingleSegment(flags)
  return (single ? 0 : 1) + (dictionaryLengths[flags & 3] ?? 0) + contentSizeLength(flags)
}

const dictionaryLengths = [0, 1, 2, 4]

function contentSizeLength(flags: number): number {
  return [isSingleSegment(flags) ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
}

function windowSize(flags: number, rest: Buffer): number {
  if (isSingleSegment(flags)) return contentSize(rest.subarray(rest.length - contentSizeLength(flags)))
  const exponent = (rest[0] ?? 0) >> 3
  const base = 2 ** (10 + exponent)
  return base + (base / 8) * ((rest[0] ?? 0) & 7)
}

function contentSize(bytes: Buffer): number {
  const value = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
  return bytes.length === 2 ? value + 256 : value
}

function isSingleSegment(flags: number): boolean {
  return (flags & 0x20) !== 0
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)
}

async function exactly(reader: ByteReader, size: number): Promise<Uint8Array> {
  const bytes = await reader.read(size)
  if (bytes) return bytes
  throw archiveError('TSB_ARCHIVE_TRUNCATED', `zstd data that is cut short after ${reader.position} bytes`)
}
