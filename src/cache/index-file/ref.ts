import type { Digest } from '../../digest/index.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'

/** Some bytes of an index file, and what they have to be. */
export interface BlockRef {
  readonly offset: number
  readonly length: number
  readonly digest: Digest
  /** Of a directory with many names: the block lists the pages of it, and the first name in each. */
  readonly isList: boolean
}

export function writeRef(to: ByteWriter, { offset, length, digest, isList }: BlockRef): void {
  to.byte(isList ? 1 : 0)
  to.number(offset)
  to.number(length)
  to.digest(digest)
}

export function readRef(from: ByteReader): BlockRef {
  const isList = from.byte() === 1
  return { isList, offset: from.number(), length: from.number(), digest: from.digest() }
}
