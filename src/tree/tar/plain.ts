import { archiveError } from './archive-error.ts'
import { type Batch, openBatch } from './batch.ts'
import { type ByteReader, truncated } from './byte-reader.ts'
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

/**
 * Reads an archive down to a plain one: one header a member, with the size that counts and the type without extensions,
 * and its data; no end mark. Extended headers are taken out and given to `found` with each member, before its header is yielded. So
 * there is one reader of sizes and ends, and what comes after it cannot read them in another way. What follows the end
 * mark is read to its end, and not looked at.
 * @throws {TsbuildError} TSB_ARCHIVE_…
 */
export async function* plainTar(
  reader: ByteReader,
  limits: ArchiveLimits,
  found: (member: PlainMember) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const batch = openBatch(batchSize)
  let headers = 0
  let number = 0
  let waiting = noExtensions
  for (let block = await nextHeader(reader); block; block = await nextHeader(reader)) {
    if (++headers > limits.entries) throw archiveError('TSB_ARCHIVE_ENTRIES', `more than ${limits.entries} entries`)
    const type = String.fromCharCode(block[typeOffset] || 0x30)
    if (isExtension(type)) {
      waiting = await extend(waiting, type, block, reader, limits)
      continue
    }
    const member = await readMember(++number, type, Buffer.from(block), waiting, reader, limits)
    waiting = noExtensions
    found(member)
    if (!batch.fits(blockSize)) yield batch.take()
    writePlainHeader(batch.reserve(blockSize), member)
    yield* putData(batch, member.stored + padding(member.stored), reader)
  }
  if (waiting !== noExtensions) throw truncated(reader.position)
  yield batch.take()
  await reader.drain()
}

/** What comes after the plain archive waits for each piece of it: small members are gathered. */
const batchSize = 128 * 1024

async function* putData(batch: Batch, size: number, reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
  if (size > batchSize / 2) {
    yield batch.take()
    yield* reader.pieces(size)
    return
  }
  if (!batch.fits(size)) yield batch.take()
  if (size > 0) batch.reserve(size).set((await reader.read(size)) ?? cutShort(reader, size))
}

interface Extensions {
  readonly bytes: number
  readonly pax: PaxRecords
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
    throw archiveError('TSB_ARCHIVE_PAX', `extended headers of more than ${limits.extendedBytes} bytes`)
  }
  const body = Buffer.from((await reader.read(size)) ?? cutShort(reader, size))
  for await (const _ of reader.pieces(padding(size)));
  if (type === 'x') return { ...before, bytes, pax: new Map([...before.pax, ...decodePax(body)]) }
  if (type === 'L') return { ...before, bytes, longName: withoutEnd(body) }
  if (type === 'K') return { ...before, bytes, longLink: withoutEnd(body) }
  refuseGlobal(decodePax(body))
  return before
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

/** The header with the type and size that count. */
function writePlainHeader(plain: Buffer, { header, type, stored }: PlainMember): void {
  plain.set(header)
  plain[typeOffset] = type.charCodeAt(0)
  plain.fill(0, fields.size[0], fields.size[0] + fields.size[1])
  if (stored < 8 ** 11) plain.write(stored.toString(8).padStart(11, '0'), fields.size[0], 'latin1')
  else writeBase256(plain, stored)
  plain.write(`${checksumOf(plain).toString(8).padStart(6, '0')}\0 `, fields.checksum[0], 'latin1')
}

function writeBase256(block: Buffer, size: number): void {
  block.writeBigUInt64BE(BigInt(size), fields.size[0] + 4)
  block[fields.size[0]] = 0x80
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
