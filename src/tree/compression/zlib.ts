import { pipeline, Readable } from 'node:stream'
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import { archiveError } from '../tar/archive-error.ts'
import { type CompressionLimits, checkExpansion } from './bomb.ts'
import { zstdFrames } from './zstd-frames.ts'

const chunkSize = 256 * 1024

/** All members of a gzip file. Anything after them, be it zeros, is damage (as for Go's reader, which Docker has). */
export async function* gunzip(bytes: AsyncIterable<Uint8Array>, limits: CompressionLimits) {
  const decoder = createGunzip({ chunkSize })
  let fed = 0
  async function* counted() {
    for await (const piece of bytes) {
      fed += piece.length
      yield piece
    }
  }
  yield* decoded(counted(), decoder, limits)
  if (decoder.bytesWritten !== fed) throw archiveError('TSB_ARCHIVE_DAMAGED', 'garbage after the gzip data')
}

/** All frames of a zstd file. */
export function unzstd(bytes: AsyncIterable<Uint8Array>, limits: CompressionLimits) {
  const params = { [constants.ZSTD_d_windowLogMax]: windowLog(limits.zstdWindow) }
  return decoded(zstdFrames(bytes, limits.zstdWindow), createZstdDecompress({ chunkSize, params }), limits)
}

/** What zstd itself takes as a bound: a power of two, of 1 KiB at least. */
function windowLog(bytes: number): number {
  return Math.max(10, Math.ceil(Math.log2(bytes)))
}

async function* decoded(
  bytes: AsyncIterable<Uint8Array>,
  decoder: Gunzip | ZstdDecompress,
  limits: CompressionLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  pipeline(Readable.from(bytes), decoder, ignored)
  let produced = 0
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) {
      produced += piece.length
      checkExpansion(produced, decoder.bytesWritten, limits)
      yield piece
    }
  } catch (error) {
    throw damaged(error)
  } finally {
    decoder.destroy()
  }
}

/** What goes wrong in a pipeline is thrown by reading its end. */
function ignored(): void {}

function damaged(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'Z_BUF_ERROR') return archiveError('TSB_ARCHIVE_TRUNCATED', 'the compressed data is cut short', error)
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return archiveError('TSB_ARCHIVE_WINDOW', 'zstd data that needs too much memory', error)
  }
  if (!code.startsWith('Z_') && !code.startsWith('ZSTD_')) return error
  return archiveError(
    'TSB_ARCHIVE_DAMAGED',
    `damaged compressed data: ${error instanceof Error ? error.message : ''}`,
    error,
  )
}
