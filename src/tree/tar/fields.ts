import { type ArchiveErrorCode, archiveError, quoted } from './archive-error.ts'

/** Places of the fields of a header block: offset and length. */
export const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  link: [157, 100],
  magic: [257, 6],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const
export const blockSize = 512
export const typeOffset = 156

/** A number of a header, octal or base-256. Strict: what is neither, or does not fit, is an error with this code. */
export function numberField(block: Uint8Array, place: readonly [number, number], code: ArchiveErrorCode): number {
  const bytes = block.subarray(place[0], place[0] + place[1])
  const value = (bytes[0] ?? 0) & 0x80 ? base256(bytes) : octal(bytes)
  if (value !== undefined && Number.isSafeInteger(value)) return value
  throw archiveError(code, `not a number in a header: ${quoted(Buffer.from(bytes).toString('latin1'))}`)
}

/** A text of a header: its bytes up to the first NUL. */
export function textField(block: Uint8Array, [at, length]: readonly [number, number]): Buffer {
  const end = block.indexOf(0, at)
  return Buffer.from(block.subarray(at, end < 0 ? at + length : Math.min(end, at + length)))
}

/** True for a block of zeros: half of an end mark. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0)
}

/** The sum of all bytes of a header, its checksum field read as blanks. */
export function checksumOf(block: Uint8Array): number {
  const [start, length] = fields.checksum
  let sum = length * blank
  for (let at = 0; at < start; at++) sum += block[at] ?? 0
  for (let at = start + length; at < blockSize; at++) sum += block[at] ?? 0
  return sum
}

const blank = 0x20
const zero = 0x30

/** Digits with blanks before and after, up to the first NUL; nothing at all is 0. */
function octal(bytes: Uint8Array): number | undefined {
  let at = 0
  let value = 0
  while (bytes[at] === blank) at++
  for (let digit = digitAt(bytes, at); digit !== undefined; digit = digitAt(bytes, at)) {
    value = value * 8 + digit
    at++
  }
  while (bytes[at] === blank) at++
  return at === bytes.length || bytes[at] === 0 ? value : undefined
}

function digitAt(bytes: Uint8Array, at: number): number | undefined {
  const digit = (bytes[at] ?? 0) - zero
  return digit >= 0 && digit < 8 ? digit : undefined
}

/** Two's complement, big end first; the top bit only marks the form. */
function base256(bytes: Uint8Array): number | undefined {
  const negative = ((bytes[0] ?? 0) & 0x40) !== 0
  let value = 0n
  for (const [at, byte] of bytes.entries()) value = value * 256n + BigInt(at === 0 ? byte & 0x7f : byte)
  if (negative) value -= 1n << BigInt(bytes.length * 8 - 1)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}
