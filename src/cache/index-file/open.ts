import { fstatSync } from 'node:fs'
import { sha256 } from '../../digest/index.ts'
import { digestOfStart } from '../digest-of-start.ts'
import { type Blocks, openBlocks, readAt, withFile } from './blocks.ts'
import { ByteReader } from './bytes.ts'
import { footLength, magic } from './form.ts'
import { type BlockRef, readRef } from './ref.ts'

/** An index file whose header is known to be right. */
export interface IndexFile {
  /** Bytes of the uncompressed tar. */
  readonly tarSize: number
  /** The record of the root. */
  readonly root: Buffer
  readonly implied: BlockRef | undefined
  readonly blocks: Blocks
  /** Reads all of it: true when every byte is as it was written. */
  isWhole(): boolean
}

/** Bytes that are read at once, and kept: of most layers the directories that are looked at first are among them. */
const tailLength = 16 * 1024

/** Opens what `indexPieces` wrote; undefined for anything else, of another version, or damaged where it is read. */
export function openIndexFile(path: string): IndexFile | undefined {
  return withFile(path, (fd) => {
    const { size } = fstatSync(fd)
    const tail = readAt(fd, Math.max(0, size - tailLength), Math.min(size, tailLength))
    const header = headerOf(tail, (length) => readAt(fd, Math.max(0, size - length), length))
    return header && indexFile(path, header, tail, size - tail.length)
  })
}

/**
 * The header with the foot.
 * @param readEnd reads bytes at the end of the file
 */
function headerOf(tail: Buffer, readEnd: (length: number) => Buffer): Buffer | undefined {
  if (tail.length < footLength) return undefined
  const foot = tail.subarray(-footLength)
  if (!foot.subarray(4, 4 + magic.length).equals(magic)) return undefined
  const length = foot.readUInt32LE() + footLength
  if (length > largestHeader) return undefined
  const all = length <= tail.length ? tail.subarray(-length) : readEnd(length)
  const sealed = all.subarray(0, -digestLength)
  return new ByteReader(all, all.length - digestLength).digest() === sha256(sealed) ? all : undefined
}

const digestLength = 32
/** The root may have extended attributes: more than a list of them can hold is no header. */
const largestHeader = 4 << 20

function indexFile(path: string, header: Buffer, tail: Buffer, tailOffset: number): IndexFile | undefined {
  const from = new ByteReader(header)
  const [tarSize, bodySize, digest] = [from.number(), from.number(), from.digest()]
  if (bodySize + header.length !== tailOffset + tail.length) return undefined
  const implied = from.byte() === 1 ? readRef(from) : undefined
  return {
    tarSize,
    root: Buffer.from(header.subarray(from.at, header.length - footLength)),
    implied,
    blocks: openBlocks(path, tail, tailOffset),
    isWhole: () => withFile(path, (fd) => digestOfStart(fd, bodySize)) === digest,
  }
}
