import { blockSize, checksumOf, fields, isZeroBlock, numberField } from './fields.ts'

/** True when these first bytes (512, or all that there are) begin a tar, compression aside: a header, or an end mark. */
export function looksLikeTar(firstBytes: Uint8Array): boolean {
  const block = firstBytes.subarray(0, blockSize)
  if (block.length < blockSize) return false
  if (isZeroBlock(block)) return true
  try {
    return numberField(block, fields.checksum, 'TSB_ARCHIVE_HEADER') === checksumOf(block)
  } catch {
    return false
  }
}
