import { type Change, type Content, type Entry, type FileEntry, nameBytes } from '../tree/index.ts'
import { type Area, alignUp } from './area.ts'
import { blockSize, types } from './format.ts'
import { type Data, type Inodes, inlineLimit } from './inode.ts'
import { NotIndexableError } from './not-indexable.ts'
import { xattrBytes } from './xattrs.ts'

/** What has an inode of its own, but for directories. */
export type Placed = Exclude<Change, { readonly kind: 'directory' | 'hardlink' }>

/** Puts the inode of a change into an image. @returns its number */
export function placeChange(area: Area, inodes: Inodes, change: Placed, tarSize: number): number {
  if (change.kind === 'whiteout') return place(inodes, { ...mark, path: change.path }, 'character', deviceData(0, 0))
  if (change.kind === 'file') return placeFile(area, inodes, change, tarSize)
  if (change.kind === 'symlink') return placeBytes(area, inodes, change, 'symlink', linkText(change.target)).number
  if (change.kind === 'fifo') return place(inodes, change, 'fifo', nothing)
  return place(inodes, change, change.kind, deviceData(change.major, change.minor))
}

function placeFile(area: Area, inodes: Inodes, file: FileEntry, tarSize: number): number {
  const { content, size } = file
  if (size === 0) return place(inodes, file, 'file', nothing)
  if (content.kind === 'bytes') return placeBytes(area, inodes, file, 'file', content.bytes).number
  return place(inodes, file, 'file', tarData(content, size, tarSize))
}

/** Bytes that are in the image itself: behind the inode when they are few. @returns its number and where the bytes begin */
export function placeBytes(
  area: Area,
  inodes: Inodes,
  entry: Entry,
  type: keyof typeof types,
  bytes: Uint8Array,
  links = 1,
): { readonly number: number; readonly at: number } {
  const isInline = bytes.length <= inlineLimit
  const data: Data = isInline ? { kind: 'inline', size: bytes.length } : placeBlocks(area, bytes)
  const { bits } = types[type]
  const { number, inline } = inodes.place({ metadata: entry, typeBits: bits, links, xattrs: xattrBytes(entry), data })
  const at = data.kind === 'plain' ? data.block * blockSize : inline
  if (isInline) area.bytes().buffer.set(bytes, at)
  return { number, at }
}

export function placeBlocks(area: Area, bytes: Uint8Array): Extract<Data, { readonly kind: 'plain' }> {
  const at = area.take(bytes.length, blockSize)
  area.bytes().buffer.set(bytes, at)
  return { kind: 'plain', size: bytes.length, block: at / blockSize }
}

const nothing: Data = { kind: 'none' }
const mark = { kind: 'character', mode: 0, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 } as const

function place(inodes: Inodes, entry: Entry, type: keyof typeof types, data: Data): number {
  const { bits } = types[type]
  return inodes.place({ metadata: entry, typeBits: bits, links: 1, xattrs: xattrBytes(entry), data }).number
}

/** Linux has 12 bits for the one and 20 for the other. */
function deviceData(major: number, minor: number): Data {
  if (major >= 2 ** 12 || minor >= 2 ** 20) throw new NotIndexableError(`the device ${major}:${minor}`)
  return { kind: 'device', number: ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0 }
}

const longestText = 4095

function linkText(target: string): Buffer {
  const text = nameBytes(target)
  if (text.length > 0 && text.length <= longestText && !text.includes(0)) return text
  throw new NotIndexableError(`the text of a symbolic link has ${text.length} bytes`)
}

/** The number of the last block is kept for holes. A block that the tar has a part of cannot be read. */
export const mostBlocks = 2 ** 32 - 1

function tarData({ offset }: Extract<Content, { kind: 'host' }>, size: number, tarSize: number): Data {
  const [block, end] = [offset / blockSize, alignUp(offset + size, blockSize)]
  if (Number.isInteger(block) && end <= tarSize && end / blockSize < mostBlocks) return { kind: 'tar', size, block }
  throw new NotIndexableError(`${size} bytes at ${offset} of a tar of ${tarSize}`)
}
