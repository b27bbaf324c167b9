import { defaultLimits, type Limits } from '../../limits.ts'
import { beyondLimit } from '../tar/archive-error.ts'

/** How much may come out of compressed bytes. */
export interface CompressionLimits {
  readonly unpackedBytes: number
  /** Bytes out for each byte in, once more than `ratioAfter` came out. */
  readonly ratio: number
  readonly ratioAfter: number
  /** Bytes that zstd may need to look back. */
  readonly zstdWindow: number
}

export function compressionLimits(limits: Limits): CompressionLimits {
  return {
    unpackedBytes: limits['archive-bytes'],
    ratio: limits['archive-ratio'],
    ratioAfter: 64 * 2 ** 20,
    zstdWindow: limits['zstd-window'],
  }
}

export const defaultCompressionLimits = compressionLimits(defaultLimits)

/** @throws {TsbuildError} TSB_ARCHIVE_BOMB */
export function checkExpansion(produced: number, consumed: number, limits: CompressionLimits): void {
  if (produced > limits.unpackedBytes) {
    throw beyondLimit('archive-bytes', 'TSB_ARCHIVE_BOMB', `compressed data of more than ${limits.unpackedBytes} bytes`)
  }
  if (produced > limits.ratioAfter && produced > consumed * limits.ratio) {
    throw beyondLimit('archive-ratio', 'TSB_ARCHIVE_BOMB', `compressed data that grows more than ${limits.ratio} times`)
  }
}
