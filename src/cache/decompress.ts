import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'

/** The bytes that were compressed. */
export async function* decompress(
  bytes: AsyncIterable<Uint8Array>,
  compression: 'none' | 'gzip' | 'zstd',
): AsyncIterable<Uint8Array> {
  if (compression === 'none') {
    yield* bytes
    return
  }
  const decoder = compression === 'gzip' ? createGunzip() : createZstdDecompress()
  const feeding = pipeline(Readable.from(bytes), decoder)
  feeding.catch(() => undefined)
  yield* decoder
  await feeding
}
