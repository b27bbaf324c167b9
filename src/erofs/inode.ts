import type { Metadata } from '../tree/index.ts'
import { type Area, alignUp, setLong } from './area.ts'
import { blockSize, chunkIndexes, chunkIndexSize, largestChunkBits, layouts, slotSize } from './format.ts'
import { NotIndexableError } from './not-indexable.ts'
import { countOf } from './xattrs.ts'

/** Where the bytes of a file, a link or a directory are. */
export type Data =
  | { readonly kind: 'none' }
  | { readonly kind: 'device'; readonly number: number }
  /** Behind the inode; whoever places it writes them there. */
  | { readonly kind: 'inline'; readonly size: number }
  /** In the image, from this block on. */
  | { readonly kind: 'plain'; readonly size: number; readonly block: number }
  /** In the tar, from this block on. */
  | { readonly kind: 'tar'; readonly size: number; readonly block: number }

export interface Inode {
  readonly metadata: Metadata
  /** The upper bits of the mode. */
  readonly typeBits: number
  readonly links: number
  readonly xattrs: Buffer
  readonly data: Data
}

export interface Inodes {
  /** @returns its number, and where its inline bytes go */
  place(inode: Inode): { readonly number: number; readonly inline: number }
  /** Makes room for one that has to be near the beginning and is written later. @returns its number */
  reserve(xattrs: Buffer): number
  /** Writes one that room was made for. */
  write(number: number, inode: Inode): void
  /** Adds a name to one that is placed. @throws {NotIndexableError} when it has as many as it can have */
  addLink(number: number): void
  count(): number
  /** The time that short inodes have: that of the first one that was placed. */
  epoch(): number
}

/** What may stand behind an inode: more wastes what is left of the block before. */
export const inlineLimit = 384

export function openInodes(area: Area): Inodes {
  let count = 0
  let epoch: number | undefined
  const write = (number: number, inode: Inode, isShort: boolean) => {
    count++
    const { view, buffer } = area.bytes()
    const offset = number * slotSize
    if (isShort) writeShort(view, offset, inode, count)
    else writeLong(view, offset, inode, count)
    const body = offset + sizeOfHead(isShort)
    if (inode.xattrs.length > 0) buffer.set(inode.xattrs, body)
    if (inode.data.kind === 'tar') writeChunks(view, alignUp(body + inode.xattrs.length, chunkIndexSize), inode.data)
  }
  return {
    place(inode) {
      epoch ??= inode.metadata.mtime
      const isShort = fitsShort(inode, epoch)
      const body = sizeOfHead(isShort) + inode.xattrs.length
      const offset = takeSlots(area, body, inode.data)
      write(offset / slotSize, inode, isShort)
      return { number: offset / slotSize, inline: offset + body }
    },
    reserve: (xattrs) => area.take(sizeOfHead(false) + xattrs.length, slotSize) / slotSize,
    write: (number, inode) => write(number, inode, false),
    addLink: (number) => addLink(area.bytes().view, number * slotSize),
    count: () => count,
    epoch: () => epoch ?? 0,
  }
}

function addLink(view: DataView, at: number): void {
  const isShort = (view.getUint16(at, true) & 1) === 0
  if (!isShort) {
    view.setUint32(at + 44, view.getUint32(at + 44, true) + 1, true)
    return
  }
  const links = view.getUint16(at + 6, true) + 1
  if (links > 0xffff) throw new NotIndexableError('too many hard links to one file')
  view.setUint16(at + 6, links, true)
}

/** Inline bytes have to end in the block that they begin in. */
function takeSlots(area: Area, body: number, data: Data): number {
  if (data.kind !== 'inline') return area.take(body + tailSize(body, data), slotSize)
  let offset = alignUp(area.length(), slotSize)
  while (((offset + body) % blockSize) + data.size > blockSize) offset += slotSize
  area.take(offset + body + data.size - area.length(), 1)
  return offset
}

function tailSize(body: number, data: Data): number {
  return data.kind === 'tar' ? alignUp(body, chunkIndexSize) - body + chunkIndexSize * chunkCount(data.size) : 0
}

function sizeOfHead(isShort: boolean): number {
  return isShort ? 32 : 64
}

function fitsShort({ metadata: { uid, gid, mtime }, links, data }: Inode, epoch: number): boolean {
  return mtime === epoch && uid <= 0xffff && gid <= 0xffff && links <= 0xffff && sizeOf(data) <= 0xffffffff
}

function writeShort(view: DataView, at: number, inode: Inode, serial: number): void {
  const { metadata, typeBits, links, xattrs, data } = inode
  view.setUint16(at, layoutOf(data) << 1, true)
  view.setUint16(at + 2, countOf(xattrs), true)
  view.setUint16(at + 4, typeBits | metadata.mode, true)
  view.setUint16(at + 6, links, true)
  view.setUint32(at + 8, sizeOf(data), true)
  view.setUint32(at + 16, placeOf(data), true)
  view.setUint32(at + 20, serial, true)
  view.setUint16(at + 24, metadata.uid, true)
  view.setUint16(at + 26, metadata.gid, true)
}

function writeLong(view: DataView, at: number, inode: Inode, serial: number): void {
  const { metadata, typeBits, links, xattrs, data } = inode
  view.setUint16(at, (layoutOf(data) << 1) | 1, true)
  view.setUint16(at + 2, countOf(xattrs), true)
  view.setUint16(at + 4, typeBits | metadata.mode, true)
  setLong(view, at + 8, sizeOf(data))
  view.setUint32(at + 16, placeOf(data), true)
  view.setUint32(at + 20, serial, true)
  view.setUint32(at + 24, metadata.uid, true)
  view.setUint32(at + 28, metadata.gid, true)
  setLong(view, at + 32, metadata.mtime)
  view.setUint32(at + 44, links, true)
}

function writeChunks(view: DataView, at: number, { size, block }: Extract<Data, { kind: 'tar' }>): void {
  const blocksEach = 2 ** chunkBits(size)
  for (let index = 0; index < chunkCount(size); index++) {
    view.setUint16(at + chunkIndexSize * index + 2, 1, true)
    view.setUint32(at + chunkIndexSize * index + 4, block + blocksEach * index, true)
  }
}

/** The smallest chunk that holds all of a file, or the largest that there is. */
function chunkBits(size: number): number {
  let bits = 0
  while (bits < largestChunkBits && blockSize * 2 ** bits < size) bits++
  return bits
}

function chunkCount(size: number): number {
  return Math.ceil(size / (blockSize * 2 ** chunkBits(size)))
}

function layoutOf(data: Data): number {
  if (data.kind === 'tar') return layouts.chunks
  return data.kind === 'inline' ? layouts.inline : layouts.plain
}

function sizeOf(data: Data): number {
  return data.kind === 'none' || data.kind === 'device' ? 0 : data.size
}

function placeOf(data: Data): number {
  if (data.kind === 'plain') return data.block
  if (data.kind === 'device') return data.number
  return data.kind === 'tar' ? chunkIndexes | chunkBits(data.size) : 0
}
