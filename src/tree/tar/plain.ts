import { archiveError, beyondLimit } from './archive-error.ts'
import { type ByteReader, type Pieces, truncated } from './byte-reader.ts'
import { blockSize, checksumOf, fields, isZeroBlock, numberField, typeOffset } from './fields.ts'
import type { ArchiveLimits } from './limits.ts'
import { decodePax, type PaxRecords } from './pax.ts'
import { type SparseFile, sparseFromHeader, sparseFromPax } from './sparse.ts'

/** A member as the archive has it, before its names and numbers are judged. */
export interface PlainMember {
  /** 1 for the first. */
  readonly number: number
  readonly type: string
  readonly header: Uint8Array
  /** What extended headers say of it. */
  readonly pax: PaxRecords
  /** From GNU long name headers, without their NUL at the end. */
  readonly longName?: Buffer
  readonly longLink?: Buffer
  /** Bytes of data in the archive, and where they begin in it. */
  readonly stored: number
  readonly offset: number
  readonly sparse?: SparseFile
}

/** A member with its data, to be read before the next member is asked for, or not at all. */
export interface ReadMember extends PlainMember {
  readonly data: Pieces
}

/**
 * Reads an archive down to its members: each with the size that counts, the type without extensions, and what extended
 * headers say of it. So there is one reader of sizes and ends. What follows the end mark is read to its end, and not looked
 * at.
 * @throws {TsbuildError} TSB_ARCHIVE_…
 */
export async function* plainMembers(
  reader: ByteReader,
  limits: ArchiveLimits,
): AsyncGenerator<ReadMember, void, undefined> {
  let headers = 0
  let number = 0
  let waiting = noExtensions
  for (let block = await nextHeader(reader); block; block = await nextHeader(reader)) {
    if (++headers > limits.entries)
      throw beyondLimit('archive-entries', 'TSB_ARCHIVE_ENTRIES', `more than ${limits.entries} entries`)
    const type = String.fromCharCode(block[typeOffset] || 0x30)
    if (isExtension(type)) {
      waiting = await extend(waiting, type, block, reader, limits)
      continue
    }
    const member = await readMember(++number, type, Buffer.from(block), waiting, reader, limits)
    waiting = noExtensions
    const data = reader.pieces(member.stored)
    yield { ...member, data }
    await data.skip()
    await reader.pieces(padding(member.stored)).skip()
  }
  if (waiting !== noExtensions) throw truncated(reader.position)
  await reader.drain()
}

interface Extensions {
  readonly bytes: number
  readonly pax: Map<string, Buffer>
  readonly longName?: Buffer
  readonly longLink?: Buffer
}
const noExtensions: Extensions = { bytes: 0, pax: new Map() }

/** The next header block; undefined at the end mark or the end of the bytes. */
async function nextHeader(reader: ByteReader): Promise<Uint8Array | undefined> {
  const block = await reader.read(blockSize)
  if (!block) return undefined
  if (isZeroBlock(block)) {
    const second = await reader.read(blockSize)
    if (!second || isZeroBlock(second)) return undefined
    throw archiveError('TSB_ARCHIVE_HEADER', `half an end mark before byte ${reader.position}`)
  }
  if (numberField(block, fields.checksum, 'TSB_ARCHIVE_HEADER') === checksumOf(block)) return block
  throw archiveError('TSB_ARCHIVE_HEADER', `wrong checksum of the header before byte ${reader.position}`)
}

function isExtension(type: string): boolean {
  return type === 'x' || type === 'g' || type === 'L' || type === 'K'
}

async function extend(
  before: Extensions,
  type: string,
  block: Uint8Array,
  reader: ByteReader,
  limits: ArchiveLimits,
): Promise<Extensions> {
  const size = numberField(block, fields.size, 'TSB_ARCHIVE_SIZE')
  const bytes = before.bytes + size
  if (size < 0 || bytes > limits.extendedBytes) {
    throw beyondLimit('pax-bytes', 'TSB_ARCHIVE_PAX', `extended headers of more than ${limits.extendedBytes} bytes`)
  }
  const body = Buffer.from((await reader.read(size)) ?? cutShort(reader, size))
  await reader.pieces(padding(size)).skip()
  if (type === 'x') return { ...before, bytes, pax: added(before, decodePax(body)) }
  if (type === 'L') return { ...before, bytes, longName: withoutEnd(body) }
  if (type === 'K') return { ...before, bytes, longLink: withoutEnd(body) }
  refuseGlobal(decodePax(body))
  return before
}

/** Added in place: a member may have very many headers, each with few records. */
function added(before: Extensions, records: PaxRecords): Map<string, Buffer> {
  const pax = before.pax === noExtensions.pax ? new Map<string, Buffer>() : before.pax
  for (const [key, value] of records) pax.set(key, value)
  return pax
}

/** A global header is not applied (as in Go's reader, which Docker has); one that moves files or frames is an attack. */
function refuseGlobal(records: PaxRecords): void {
  for (const key of records.keys()) {
    if (key === 'path' || key === 'linkpath' || key === 'size' || key.startsWith('GNU.sparse.')) {
      throw archiveError('TSB_ARCHIVE_GLOBAL', `a global header that sets ${key} for all entries`)
    }
  }
}

async function readMember(
  number: number,
  type: string,
  header: Buffer,
  { pax, longName, longLink }: Extensions,
  reader: ByteReader,
  limits: ArchiveLimits,
): Promise<PlainMember> {
  const stored = hasNoData(type) ? 0 : sizeOf(header, pax)
  const sparse = type === 'S' ? await sparseFromHeader(header, reader, limits) : sparseFromPax(pax, limits)
  return {
    number,
    type: type === 'S' || type === '7' ? '0' : type,
    header,
    pax,
    ...(longName && { longName }),
    ...(longLink && { longLink }),
    stored,
    offset: reader.position,
    ...(sparse && { sparse }),
  }
}

/** Links, devices, directories and fifos: what their size field says means nothing. */
function hasNoData(type: string): boolean {
  return type >= '1' && type <= '6'
}

function sizeOf(header: Uint8Array, pax: PaxRecords): number {
  const text = pax.get('size')?.toString('latin1') || undefined
  const size = text === undefined ? numberField(header, fields.size, 'TSB_ARCHIVE_SIZE') : Number(text)
  const isSize = Number.isSafeInteger(size) && size >= 0 && (text === undefined || /^[0-9]+$/.test(text))
  if (!isSize) throw archiveError('TSB_ARCHIVE_SIZE', `an impossible size: ${text ?? size}`)
  return size
}

function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

function withoutEnd(body: Buffer): Buffer {
  let end = body.length
  while (end > 0 && body[end - 1] === 0) end--
  return body.subarray(0, end)
}

function cutShort(reader: ByteReader, size: number): Uint8Array {
  if (size > 0) throw truncated(reader.position)
  return new Uint8Array(0)
}
