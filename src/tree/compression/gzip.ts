import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

/**
 * One gzip member, its blocks compressed at the same time. The bytes depend on the input and level alone, not on how many
 * blocks are in work: header without a time or name, and each block sees the end of the one before.
 */
export async function* gzip(
  bytes: AsyncIterable<Uint8Array>,
  level: number,
  concurrency: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(header)
  const working: Promise<Uint8Array>[] = []
  let [checksum, size] = [0, 0]
  let before: Buffer = Buffer.alloc(0)
  for await (const block of blocks(bytes, concurrency + 1)) {
    checksum = crc32(block, checksum)
    size += block.length
    working.push(compressBlock(block, before, level))
    before = Buffer.from(block.subarray(-windowSize))
    if (working.length > concurrency) yield* settled(working.splice(0, 1))
  }
  yield* settled(working)
  yield Buffer.from(lastBlock)
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  yield trailer
}

/** Deflate, no flags, no time, no system. */
const header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
/** An empty block that says that it is the last one. */
const lastBlock = [3, 0]
const windowSize = 32 * 1024
const blockSize = 1024 * 1024
/** What a block that cannot be compressed may grow to: it comes out in one piece, with one way to a thread and back. */
const mostOut = blockSize + blockSize / 64

function compressBlock(block: Buffer, before: Buffer, level: number): Promise<Uint8Array> {
  const options = { level, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: mostOut }
  const work = promisify(deflateRaw)(block, before.length > 0 ? { ...options, dictionary: before } : options)
  // Whoever waits for it gets the error; until then it is not an unhandled one.
  work.catch(() => undefined)
  return work
}

async function* settled(working: readonly Promise<Uint8Array>[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const work of working) yield await work
}

/** Each block is filled again when `inWork` more were asked for. */
async function* blocks(bytes: AsyncIterable<Uint8Array>, inWork: number): AsyncGenerator<Buffer, void, undefined> {
  const ring: Buffer[] = []
  const nextOf = (count: number) => {
    const block = ring[count % (inWork + 1)] ?? Buffer.allocUnsafeSlow(blockSize)
    ring[count % (inWork + 1)] = block
    return block
  }
  let count = 0
  let block = nextOf(count)
  let length = 0
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + blockSize - length)
      block.set(part, length)
      length += part.length
      at += part.length
      if (length < blockSize) continue
      yield block
      block = nextOf(++count)
      length = 0
    }
  }
  if (length > 0) yield block.subarray(0, length)
}
