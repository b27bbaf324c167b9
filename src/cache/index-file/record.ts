import type { Change, FileEntry, Metadata, TreePath } from '../../tree/index.ts'
import type { IndexedChange, IndexedFile } from '../layer-index.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import { type BlockRef, readRef, writeRef } from './ref.ts'

/**
 * A change as a directory keeps it: a byte with its kind and what follows, its name, where the block is of what lies below
 * it, then the rest.
 */
const kinds = ['file', 'directory', 'symlink', 'hardlink', 'character', 'block', 'fifo', 'whiteout'] as const
type Kind = (typeof kinds)[number]

const flags = {
  kind: 0b111,
  xattrs: 1 << 3,
  below: 1 << 4,
  /** Of a directory: `opaque`. Of a file: its bytes are in a block here, not in the tar. */
  opaque: 1 << 5,
  inline: 1 << 5,
  /** Of a directory: `implied`. Of a file: its digest is known. */
  implied: 1 << 6,
  digest: 1 << 6,
} as const

/** Where the bytes of a file are: from this place of the tar on, or in a block. */
export type StoredData = number | BlockRef

/** What can be told of a record without reading it to its end. The reader stands where `readRest` goes on. */
export interface RecordHead {
  readonly tag: number
  readonly kind: Kind
  /** Of what lies below. */
  readonly below: BlockRef | undefined
}

/** @param block puts the bytes of a file that are not in the tar into a block */
export function writeRecord(
  to: ByteWriter,
  name: string,
  change: IndexedChange,
  below: BlockRef | undefined,
  block: (bytes: Uint8Array) => BlockRef,
): void {
  to.byte(tagOf(change) | (below ? flags.below : 0))
  to.text(name)
  if (below) writeRef(to, below)
  if (change.kind === 'whiteout') return
  to.number(change.mode)
  to.number(change.uid)
  to.number(change.gid)
  to.number(change.mtime)
  if (hasXattrs(change)) writeXattrs(to, change.xattrs ?? new Map())
  writeParticulars(to, change, block)
}

/** Passes over the name. */
export function readHead(from: ByteReader): RecordHead {
  const tag = from.byte()
  const length = from.number()
  from.at += length
  return { tag, kind: kinds[tag & flags.kind] ?? 'whiteout', below: tag & flags.below ? readRef(from) : undefined }
}

/** @param file makes a file of what is known and the place of its bytes */
export function readRest<F>(
  from: ByteReader,
  { tag, kind }: RecordHead,
  path: TreePath,
  file: (known: Omit<FileEntry, 'content'>, data: StoredData) => F,
): F | Exclude<Change, FileEntry> {
  if (kind === 'whiteout') return { kind, path }
  const [mode, uid, gid, mtime] = [from.number(), from.number(), from.number(), from.number()]
  const metadata: Metadata & { path: TreePath } = { path, mode, uid, gid, mtime }
  const said = tag & flags.xattrs ? { ...metadata, xattrs: readXattrs(from) } : metadata
  switch (kind) {
    case 'file': {
      const size = from.number()
      const known = { kind, ...said, size }
      const digest = tag & flags.digest ? from.digest() : undefined
      const data = tag & flags.inline ? readRef(from) : from.number()
      return file(digest ? { ...known, digest } : known, data)
    }
    case 'directory':
      return {
        kind,
        ...said,
        ...(tag & flags.opaque && { opaque: true }),
        ...(tag & flags.implied && { implied: true }),
      }
    case 'symlink':
      return { kind, ...said, target: from.text() }
    case 'hardlink':
      return { kind, ...said, target: from.text() as TreePath }
    case 'character':
    case 'block':
      return { kind, ...said, major: from.number(), minor: from.number() }
    case 'fifo':
      return { kind, ...said }
  }
}

/** True for what only leads to something else: nobody said it. */
export function isOnlyImplied({ tag, kind }: RecordHead): boolean {
  return kind === 'directory' && (tag & flags.implied) !== 0 && (tag & flags.opaque) === 0
}

function tagOf(change: IndexedChange): number {
  const tag = kinds.indexOf(change.kind) | (hasXattrs(change) ? flags.xattrs : 0)
  if (change.kind === 'file') {
    return tag | (change.digest ? flags.digest : 0) | (typeof change.data === 'string' ? flags.inline : 0)
  }
  if (change.kind !== 'directory') return tag
  return tag | (change.opaque ? flags.opaque : 0) | (change.implied ? flags.implied : 0)
}

function hasXattrs(change: IndexedChange): boolean {
  return change.kind !== 'whiteout' && change.xattrs !== undefined
}

function writeXattrs(to: ByteWriter, xattrs: ReadonlyMap<string, Uint8Array>): void {
  to.number(xattrs.size)
  for (const [name, value] of xattrs) {
    to.text(name)
    to.raw(value)
  }
}

function readXattrs(from: ByteReader): ReadonlyMap<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>()
  for (let left = from.number(); left > 0; left--) xattrs.set(from.text(), Buffer.from(from.raw()))
  return xattrs
}

type Said = Exclude<IndexedChange, { readonly kind: 'whiteout' }>

function writeParticulars(to: ByteWriter, change: Said, block: (bytes: Uint8Array) => BlockRef): void {
  switch (change.kind) {
    case 'file':
      writeFile(to, change, block)
      break
    case 'symlink':
    case 'hardlink':
      to.text(change.target)
      break
    case 'character':
    case 'block':
      to.number(change.major)
      to.number(change.minor)
      break
    case 'directory':
    case 'fifo':
      break
  }
}

function writeFile(to: ByteWriter, { size, digest, data }: IndexedFile, block: (bytes: Uint8Array) => BlockRef): void {
  to.number(size)
  if (digest) to.digest(digest)
  if (typeof data === 'number') to.number(data)
  else writeRef(to, block(Buffer.from(data, 'base64')))
}
