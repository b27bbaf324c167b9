import { createReadStream } from 'node:fs'
import { sha256 } from '../digest/index.ts'
import { type Change, indexTar, rootPath, walk } from '../tree/index.ts'
import type { IndexedChange, LayerIndex } from './layer-index.ts'

/**
 * Reads the uncompressed tar of a layer once, for what it says and for the digests of its files.
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME, TSB_PATH_LOOP
 */
export function makeIndex(tar: string): Promise<LayerIndex> {
  return indexOfTar(createReadStream(tar, { highWaterMark: 1 << 20 }))
}

/** As `makeIndex`, from bytes that are read now: while they are written to a file, for example. */
export async function indexOfTar(bytes: AsyncIterable<Uint8Array>): Promise<LayerIndex> {
  let tarSize = 0
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const piece of bytes) {
      tarSize += piece.length
      yield piece
    }
  }
  const tree = await indexTar(counted(), '', { digests: 'all' })
  const root = tree.get(rootPath)
  const changes: IndexedChange[] = []
  for (const change of [...(root ? [root] : []), ...walk(tree)]) {
    if (change.kind !== 'directory' || !change.implied || change.opaque) changes.push(indexed(change))
  }
  return { tarSize, changes }
}

function indexed(change: Change): IndexedChange {
  if (change.kind !== 'file') return change
  const { content, ...file } = change
  if (content.kind === 'host') return { ...file, data: content.offset }
  return { ...file, digest: sha256(content.bytes), data: Buffer.from(content.bytes).toString('base64') }
}
