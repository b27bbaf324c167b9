import { archiveError } from './archive-error.ts'

/** The records of an extended header. Values are bytes: names need not be UTF-8, attributes are not text. */
export type PaxRecords = ReadonlyMap<string, Buffer>

/**
 * Reads the body of an extended header. Later records of one keyword count; an empty value is kept (it takes a keyword
 * back).
 * @throws {TsbuildError} TSB_ARCHIVE_PAX
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03
 */
export function decodePax(body: Buffer): PaxRecords {
  const records = new Map<string, Buffer>()
  const sparseParts: string[] = []
  for (let at = 0; at < body.length; ) {
    const blank = body.indexOf(0x20, at)
    const length = blank < 0 ? 0 : decimal(body.subarray(at, blank))
    const end = at + length
    const equals = body.indexOf(0x3d, blank)
    const isWhole = length > blank - at + 2 && end <= body.length && body[end - 1] === 0x0a
    if (!isWhole || equals < 0 || equals >= end) throw archiveError('TSB_ARCHIVE_PAX', 'a damaged extended header')
    const key = body.toString('utf8', blank + 1, equals)
    const value = body.subarray(equals + 1, end - 1)
    if (repeatedKeys.has(key)) sparseParts.push(value.toString('latin1'))
    else records.set(key, value)
    at = end
  }
  if (sparseParts.length > 0) records.set('GNU.sparse.map', Buffer.from(sparseParts.join(',')))
  return records
}

/** Writes records in their order. */
export function encodePax(records: PaxRecords): Buffer {
  return Buffer.concat(Array.from(records, ([key, value]) => encodeRecord(key, value)))
}

/** GNU sparse form 0.0 repeats these: kept as the map of form 0.1, `offset,length,…`. */
const repeatedKeys: ReadonlySet<string> = new Set(['GNU.sparse.offset', 'GNU.sparse.numbytes'])

function decimal(bytes: Buffer): number {
  const text = bytes.toString('latin1')
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
}

function encodeRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}
