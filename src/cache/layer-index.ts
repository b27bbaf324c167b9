import { type Change, type Content, type FileEntry, treePath } from '../tree/index.ts'
import { seal, unseal } from './sealed.ts'

/** A file as the index of a layer keeps it: its digest is known, where its bytes are depends on the forms that exist. */
export type IndexedFile = Omit<FileEntry, 'content'> & {
  /** Where its bytes begin in the uncompressed tar; in base64, those of a sparse file, which are in no one piece there. */
  readonly data: number | string
}

/** What a layer says, without a place for its files. */
export type IndexedChange = IndexedFile | Exclude<Change, FileEntry>

/** What is kept of a layer, so that its tree can be had without reading the tar again. */
export interface LayerIndex {
  /** Bytes of the uncompressed tar. */
  readonly tarSize: number
  /** Parents first. Implied directories may be missing. */
  readonly changes: readonly IndexedChange[]
}

const version = 1

/** The text of an index. */
export function formatLayerIndex(index: LayerIndex): string {
  return seal(
    JSON.stringify({ version, ...index }, (_, value: unknown) => (value instanceof Map ? pairs(value) : value)),
  )
}

/** Reads what `formatLayerIndex` wrote, else undefined. */
export function parseLayerIndex(text: string): LayerIndex | undefined {
  const body = unseal(text)
  if (body === undefined) return undefined
  const document = JSON.parse(body) as { readonly version: number } & LayerIndex
  if (document.version !== version) return undefined
  return { tarSize: document.tarSize, changes: document.changes.map(revived) }
}

/** The change as a tree shows it. `place` says where the bytes of a file are, given where they begin in the tar. */
export function changeOf(change: IndexedChange, place: (file: IndexedFile, offset: number) => Content): Change {
  if (change.kind !== 'file') return change
  const { data, ...file } = change
  if (typeof data === 'number') return { ...file, content: place(change, data) }
  return { ...file, content: { kind: 'bytes', bytes: Buffer.from(data, 'base64') } }
}

function pairs(xattrs: ReadonlyMap<string, Uint8Array>): readonly (readonly [string, string])[] {
  return [...xattrs].map(([name, value]) => [name, Buffer.from(value).toString('base64')])
}

/** The text was written by `formatLayerIndex`, which its seal says: only what JSON cannot hold is made again. */
function revived(change: IndexedChange): IndexedChange {
  const path = treePath(change.path)
  if (change.kind === 'whiteout' || !change.xattrs) return { ...change, path }
  const stored = change.xattrs as unknown as readonly (readonly [string, string])[]
  return { ...change, path, xattrs: new Map(stored.map(([name, value]) => [name, Buffer.from(value, 'base64')])) }
}
