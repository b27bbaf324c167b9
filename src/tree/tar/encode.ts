import type { Change, Metadata } from '../entry.ts'
import { nameBytes } from '../names.ts'
import { isPortableXattr } from '../xattrs.ts'
import { blockSize, checksumOf, fields, typeOffset } from './fields.ts'
import { encodePax } from './pax.ts'
import { opaquePath, whiteoutPath } from './whiteout.ts'

/*
 * Not by tar-stream's `pack`: it turns mode 0 into 0644, cuts times after 2038 and owners above 262143, and holds PAX
 * values as text, which file capabilities and old names are not.
 */

/**
 * Writes the header of an entry to a place in memory, as `encodeHeader` gives it, without making anything on the way.
 * @returns false, and nothing is written, when it takes more than one block or an unusual name to say it
 */
export function putHeader(
  memory: Uint8Array,
  at: number,
  entry: Exclude<Change, { readonly kind: 'whiteout' }>,
): boolean {
  const name = entry.kind === 'directory' ? `${entry.path === '' ? '.' : entry.path}/` : entry.path
  const link = entry.kind === 'symlink' || entry.kind === 'hardlink' ? entry.target : ''
  const { major, minor } = entry.kind === 'character' || entry.kind === 'block' ? entry : noDevice
  const size = entry.kind === 'file' ? entry.size : 0
  const { mode, uid, gid, mtime, xattrs } = entry
  const isPlain = xattrs === undefined && isPlainText(name) && isPlainText(link)
  if (!isPlain || Math.max(uid, gid, major, minor) >= 8 ** 7 || Math.max(size, mtime) >= 8 ** 11) return false
  memory.fill(0, at, at + blockSize)
  const sum =
    putText(memory, at, name) +
    putOctal(memory, at, fields.mode, mode & 0o7777) +
    putOctal(memory, at, fields.uid, uid) +
    putOctal(memory, at, fields.gid, gid) +
    putOctal(memory, at, fields.size, size) +
    putOctal(memory, at, fields.mtime, Math.max(0, Math.floor(mtime))) +
    putText(memory, at + typeOffset, types[entry.kind]) +
    putText(memory, at + 157, link) +
    putText(memory, at + 257, 'ustar\x0000') +
    putOctal(memory, at, fields.major, major) +
    putOctal(memory, at, fields.minor, minor) +
    fields.checksum[1] * 0x20
  putOctal(memory, at, [fields.checksum[0], 7], sum)
  memory[at + fields.checksum[0] + 7] = 0x20
  return true
}

/**
 * The header of an entry, after an extended one where ustar cannot say it: long names, names beyond ASCII, numbers that
 * do not fit, extended attributes. The same entry gives the same bytes: no user names, no access times, whole seconds.
 */
export function encodeHeader(entry: Exclude<Change, { readonly kind: 'whiteout' }>): Buffer {
  const name = nameBytes(entry.kind === 'directory' ? `${entry.path === '' ? '.' : entry.path}/` : entry.path)
  const link = entry.kind === 'symlink' || entry.kind === 'hardlink' ? nameBytes(entry.target) : noBytes
  const { major, minor } = entry.kind === 'character' || entry.kind === 'block' ? entry : noDevice
  const size = entry.kind === 'file' ? entry.size : 0
  return encode({ type: types[entry.kind], name, link, size, major, minor, metadata: entry })
}

/** The empty file that says that something is gone. Its metadata is always the same. */
export function encodeWhiteout(change: Extract<Change, { readonly kind: 'whiteout' }>): Buffer {
  return encodeMark(whiteoutPath(change.path))
}

/** The empty file that makes a directory opaque. */
export function encodeOpaque(directory: Extract<Change, { readonly kind: 'directory' }>): Buffer {
  return encodeMark(opaquePath(directory.path))
}

interface HeaderParts {
  readonly type: string
  readonly name: Buffer
  readonly link: Buffer
  readonly size: number
  readonly major: number
  readonly minor: number
  readonly metadata: Metadata
}

const noBytes = Buffer.alloc(0)
const noDevice = { major: 0, minor: 0 }
const types = { file: '0', hardlink: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' } as const

function encodeMark(path: string): Buffer {
  const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: 0 }
  return encode({ type: '0', name: nameBytes(path), link: noBytes, size: 0, major: 0, minor: 0, metadata })
}

function encode(parts: HeaderParts): Buffer {
  const records = extendedRecords(parts)
  if (records.size === 0) return headerBlock(parts)
  const body = encodePax(records)
  const extended = headerBlock({
    ...parts,
    type: 'x',
    name: Buffer.from('PaxHeader'),
    link: noBytes,
    size: body.length,
    metadata: { mode: 0o644, uid: 0, gid: 0, mtime: 0 },
  })
  const padding = Buffer.alloc((blockSize - (body.length % blockSize)) % blockSize)
  return Buffer.concat([extended, body, padding, headerBlock(parts)])
}

/** What an extended header must say, in a fixed order. */
function extendedRecords({ name, link, size, major, minor, metadata }: HeaderParts): Map<string, Buffer> {
  const records = new Map<string, Buffer>()
  const addNumber = (key: string, value: number, digits: number) => {
    if (value >= 8 ** digits) records.set(key, Buffer.from(String(value)))
  }
  if (!isAscii(name) || !splitName(name)) records.set('path', name)
  if (!isAscii(link) || link.length > 100) records.set('linkpath', link)
  addNumber('size', size, 11)
  addNumber('uid', metadata.uid, 7)
  addNumber('gid', metadata.gid, 7)
  addNumber('mtime', metadata.mtime, 11)
  addNumber('SCHILY.devmajor', major, 7)
  addNumber('SCHILY.devminor', minor, 7)
  for (const [key, value] of [...(metadata.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isPortableXattr(key)) records.set(`SCHILY.xattr.${key}`, Buffer.from(value))
  }
  return records
}

function headerBlock({ type, name, link, size, major, minor, metadata }: HeaderParts): Buffer {
  const block = Buffer.alloc(blockSize)
  const split = splitName(name) ?? { name: name.subarray(0, 100), prefix: noBytes }
  split.name.copy(block, 0)
  split.prefix.copy(block, 345)
  writeOctal(block, fields.mode, metadata.mode & 0o7777)
  writeOctal(block, fields.uid, metadata.uid)
  writeOctal(block, fields.gid, metadata.gid)
  writeOctal(block, fields.size, size)
  writeOctal(block, fields.mtime, Math.max(0, Math.floor(metadata.mtime)))
  block[typeOffset] = type.charCodeAt(0)
  link.copy(block, 157, 0, 100)
  block.write('ustar\x0000', 257, 'latin1')
  writeOctal(block, fields.major, major)
  writeOctal(block, fields.minor, minor)
  block.write(`${checksumOf(block).toString(8).padStart(6, '0')}\0 `, fields.checksum[0], 'latin1')
  return block
}

/** Zero when it does not fit: then an extended header says it. */
function writeOctal(block: Buffer, [at, length]: readonly [number, number], value: number): void {
  const text = value < 8 ** (length - 1) ? value.toString(8) : '0'
  block.write(text.padStart(length - 1, '0'), at, 'latin1')
}

/** A name in the two fields of ustar; undefined when there is no slash where one is needed. */
function splitName(name: Buffer): { readonly name: Buffer; readonly prefix: Buffer } | undefined {
  if (name.length <= 100) return { name, prefix: noBytes }
  const slash = name.indexOf(0x2f, name.length - 101)
  if (slash < 1 || slash > 155 || slash === name.length - 1) return undefined
  return { name: name.subarray(slash + 1), prefix: name.subarray(0, slash) }
}

/** True for ASCII that fits a field of 100 bytes. */
function isPlainText(text: string): boolean {
  if (text.length > 100) return false
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return false
  return true
}

/** Returns the sum of the bytes, as `putOctal`. */
function putText(memory: Uint8Array, at: number, text: string): number {
  let sum = 0
  for (let index = 0; index < text.length; index++) {
    const byte = text.charCodeAt(index)
    memory[at + index] = byte
    sum += byte
  }
  return sum
}

/** All bytes of the field but the last, which stays a NUL. */
function putOctal(memory: Uint8Array, at: number, [offset, length]: readonly [number, number], value: number): number {
  let sum = 0
  let rest = value
  for (let index = at + offset + length - 2; index >= at + offset; index--) {
    const byte = 0x30 + (rest % 8)
    memory[index] = byte
    sum += byte
    rest = Math.floor(rest / 8)
  }
  return sum
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80)
}
