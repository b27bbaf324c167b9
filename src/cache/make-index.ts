import { type ArchiveLimits, type Change, defaultArchiveLimits, indexTar, rootPath, walk } from '../tree/index.ts'
import type { IndexedChange, LayerIndex } from './layer-index.ts'

/**
 * Reads the uncompressed tar of a layer once, for what it says and for the digests of its files.
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME, TSB_PATH_LOOP
 */
export async function makeIndex(
  bytes: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits = defaultArchiveLimits,
): Promise<LayerIndex> {
  let tarSize = 0
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of bytes) {
      tarSize += piece.length
      yield piece
    }
  }
  const tree = await indexTar(counted(), '', { digests: true, limits })
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
  const data = content.kind === 'host' ? content.offset : Buffer.from(content.bytes).toString('base64')
  return { ...file, data }
}
