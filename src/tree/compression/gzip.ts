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
  for await (const block of blocks(bytes)) {
    checksum = crc32(block, checksum)
    size += block.length
    working.push(compressBlock(block, before, level))
    before = block.subarray(-windowSize)
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
const compressRaw = promisify(deflateRaw) as (
  block: Buffer,
  options: { level: number; finishFlush: number; dictionary?: Buffer },
) => Promise<Buffer>

function compressBlock(block: Buffer, before: Buffer, level: number): Promise<Uint8Array> {
  const options = { level, finishFlush: constants.Z_SYNC_FLUSH }
  const work = compressRaw(block, before.length > 0 ? { ...options, dictionary: before } : options)
  // Whoever waits for it gets the error; until then it is not an unhandled one.
  work.catch(() => undefined)
  return work
}

async function* settled(working: readonly Promise<Uint8Array>[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const work of working) yield await work
}

async function* blocks(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, undefined> {
  let parts: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + blockSize - length)
      parts.push(part)
      length += part.length
      at += part.length
      if (length < blockSize) continue
      yield Buffer.concat(parts, length)
      parts = []
      length = 0
    }
  }
  if (length > 0) yield Buffer.concat(parts, length)
}
