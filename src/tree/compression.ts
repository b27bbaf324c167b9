import { pipeline, Readable } from 'node:stream'
import { constants, createZstdCompress } from 'node:zlib'
import { type CompressionLimits, defaultCompressionLimits } from './compression/bomb.ts'
import { bunzip2 } from './compression/bzip2.ts'
import { gzip } from './compression/gzip.ts'
import { unxz } from './compression/xz.ts'
import { gunzip, unzstd } from './compression/zlib.ts'
import { peek } from './peek.ts'

export type Compression = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd'

/** How many of the first bytes `sniffCompression` looks at. */
export const sniffLength = 6

/** Knows a compression by how it begins; `none` for anything else. */
export function sniffCompression(firstBytes: Uint8Array): Compression {
  const found = signatures.find(([, signature]) => signature.every((byte, at) => firstBytes[at] === byte))
  if (found) return found[0]
  return isSkippableFrame(firstBytes) ? 'zstd' : 'none'
}

/**
 * The bytes behind a compression, known by how they begin; the very bytes when there is none. All in this process, with
 * little memory, and nothing beyond the limits.
 * @throws {TsbuildError} TSB_ARCHIVE_BOMB, TSB_ARCHIVE_DAMAGED, TSB_ARCHIVE_TRUNCATED, TSB_ARCHIVE_WINDOW
 */
export async function* decompress(
  bytes: AsyncIterable<Uint8Array>,
  limits: CompressionLimits = defaultCompressionLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { first, all } = await peek(bytes, sniffLength)
  yield* decoders[sniffCompression(first)](all, limits)
}

/** Another number when `compress` comes to give other bytes for the same level. */
export const compressionFormat = 1

/**
 * Compresses; of each piece all is taken before the next is asked for. The same input and level give the same bytes with the same version of Node, however many cores there are.
 * @param level gzip 1 to 9, zstd 1 to 22
 * @param concurrency blocks in work at once (gzip)
 */
export function compress(
  bytes: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
  level: number,
  concurrency = 4,
): AsyncIterable<Uint8Array> {
  return compression === 'gzip' ? gzip(bytes, level, concurrency) : zstd(bytes, level)
}

const signatures: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
]

type Decoder = (bytes: AsyncIterable<Uint8Array>, limits: CompressionLimits) => AsyncIterable<Uint8Array>

const decoders: Readonly<Record<Compression, Decoder>> = {
  none: (bytes) => bytes,
  gzip: gunzip,
  bzip2: bunzip2,
  xz: unxz,
  zstd: unzstd,
}

function isSkippableFrame(bytes: Uint8Array): boolean {
  return ((bytes[0] ?? 0) & 0xf0) === 0x50 && bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18
}

function zstd(bytes: AsyncIterable<Uint8Array>, level: number): AsyncIterable<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  const encoder = createZstdCompress({ params, chunkSize: 256 * 1024 })
  pipeline(Readable.from(copies(bytes)), encoder, () => undefined)
  return encoder as AsyncIterable<Uint8Array>
}

/** A stream asks for the next piece while it still has the one before. */
async function* copies(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of bytes) yield Buffer.from(piece)
}
