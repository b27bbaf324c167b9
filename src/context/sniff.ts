import { looksLikeTar, sniffCompression } from '../tree/index.ts'

/** What the bytes of a context can be, by how they begin. */
export type Sniffed = 'empty' | 'archive' | 'text' | 'zip' | 'binary'

/** How many of the first bytes `sniffContext` wants to see. */
export const contextSniffLength = 1024

/** An archive is a tar, or anything compressed; a text is what has no NUL. */
export function sniffContext(first: Uint8Array): Sniffed {
  if (first.length === 0) return 'empty'
  if (sniffCompression(first) !== 'none' || looksLikeTar(first)) return 'archive'
  if (Buffer.from(first.subarray(0, 4)).toString('latin1') === 'PK\x03\x04') return 'zip'
  return first.includes(0) ? 'binary' : 'text'
}
