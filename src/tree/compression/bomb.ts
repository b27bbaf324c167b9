import { archiveError } from '../tar/archive-error.ts'

/** How much may come out of compressed bytes. */
export interface CompressionLimits {
  readonly unpackedBytes: number
  /** Bytes out for each byte in, once more than `ratioAfter` came out. */
  readonly ratio: number
  readonly ratioAfter: number
}

export const defaultCompressionLimits: CompressionLimits = {
  unpackedBytes: 256 * 2 ** 30,
  ratio: 1000,
  ratioAfter: 64 * 2 ** 20,
}

/** @throws {TsbuildError} TSB_ARCHIVE_BOMB */
export function checkExpansion(produced: number, consumed: number, limits: CompressionLimits): void {
  if (produced > limits.unpackedBytes) {
    throw archiveError('TSB_ARCHIVE_BOMB', `compressed data of more than ${limits.unpackedBytes} bytes`)
  }
  if (produced > limits.ratioAfter && produced > consumed * limits.ratio) {
    throw archiveError('TSB_ARCHIVE_BOMB', `compressed data that grows more than ${limits.ratio} times`)
  }
}
