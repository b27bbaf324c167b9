import type { Digest } from '../digest/index.ts'
import { type Change, type Content, contentId, type FileEntry } from '../tree/index.ts'

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
  /** Parents first. Implied directories may be missing. Read from a file while they are asked for. */
  readonly changes: Iterable<IndexedChange>
}

/** The change as a tree shows it. `place` says where the bytes of a file are, given where they begin in the tar. */
export function changeOf(change: IndexedChange, place: (path: FileEntry['path'], offset: number) => Content): Change {
  if (change.kind !== 'file') return change
  const { data, ...file } = change
  if (typeof data === 'number') return { ...file, content: place(change.path, data) }
  return { ...file, content: { kind: 'bytes', bytes: Buffer.from(data, 'base64') } }
}

/** The content id of what a layer says: the digests of its files were taken when the index was made. */
export function contentOfIndex({ changes }: LayerIndex): Promise<Digest> {
  const nowhere: Content = { kind: 'bytes', bytes: new Uint8Array(0) }
  function* said(): Iterable<Change> {
    for (const change of changes) yield changeOf(change, () => nowhere)
  }
  return contentId(said(), ({ path }) => {
    throw new Error(`the index of a layer has no digest of ${path}`)
  })
}
