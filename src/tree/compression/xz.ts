import { TsbuildError } from '../../errors.ts'
import { archiveError } from '../tar/archive-error.ts'
import { type CompressionLimits, checkExpansion } from './bomb.ts'

/**
 * All streams of an xz file. In process, by xz-decompress: LZMA2 with windows up to 64 MiB, checked by CRC32, CRC64 or
 * not at all; no other filters.
 */
export async function* unxz(
  bytes: AsyncIterable<Uint8Array>,
  limits: CompressionLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { default: xz } = await import('xz-decompress')
  const source = slices(bytes)
  let consumed = 0
  const packed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await source.next()
        if (next.done) return controller.close()
        consumed += next.value.length
        controller.enqueue(next.value)
      },
      cancel: async () => void (await source.return()),
    },
    { highWaterMark: 0 },
  )
  let produced = 0
  try {
    for await (const piece of new xz.XzReadableStream(packed)) {
      produced += piece.length
      checkExpansion(produced, consumed, limits)
      if (piece.length > 0) yield piece
    }
  } catch (error) {
    throw damaged(error)
  }
}

const sliceSize = 16 * 1024

async function* slices(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of bytes) {
    for (let at = 0; at < piece.length; at += sliceSize) yield piece.subarray(at, at + sliceSize)
  }
}

function damaged(error: unknown): unknown {
  const code =
    error instanceof Error ? /^get_next_output failed with error code (\d+)$/.exec(error.message)?.[1] : undefined
  switch (code) {
    case undefined:
      return error
    case '4':
      return archiveError('TSB_ARCHIVE_WINDOW', 'xz data that needs too much memory', error)
    case '6':
      return new TsbuildError('TSB_ARCHIVE_DAMAGED', 'xz data with a filter or check that is not supported', {
        cause: error,
        hint: 'compress it again with plain xz, or with gzip or zstd',
      })
    case '8':
      return archiveError('TSB_ARCHIVE_TRUNCATED', 'the xz data is cut short, or garbage follows it', error)
    default:
      return archiveError('TSB_ARCHIVE_DAMAGED', 'damaged xz data', error)
  }
}
