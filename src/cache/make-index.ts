import { open } from 'node:fs/promises'
import { type Digest, sha256, sha256Hasher } from '../digest/index.ts'
import { type Change, rootPath, tarIndex, walk } from '../tree/index.ts'
import type { IndexedChange, LayerIndex } from './layer-index.ts'

/**
 * Reads the uncompressed tar of a layer, for what it says and for the digests of its files.
 * @throws {TsbuildError} TSB_ARCHIVE_…, TSB_WHITEOUT_NAME, TSB_PATH_LOOP
 */
export async function makeIndex(tar: string): Promise<LayerIndex> {
  const tree = await tarIndex(tar)
  const root = tree.get(rootPath)
  await using file = await open(tar, 'r')
  const digestOf = async (offset: number, size: number) => {
    const hasher = sha256Hasher()
    for (let done = 0; done < size; ) {
      const part = await file.read(buffer, 0, Math.min(buffer.length, size - done), offset + done)
      if (part.bytesRead === 0) throw new Error(`${tar} ended while it was read`)
      hasher.update(buffer.subarray(0, part.bytesRead))
      done += part.bytesRead
    }
    return hasher.digest()
  }
  const buffer = Buffer.allocUnsafe(1 << 20)
  const changes: IndexedChange[] = []
  for (const change of [...(root ? [root] : []), ...walk(tree)]) {
    if (change.kind !== 'directory' || !change.implied || change.opaque) changes.push(await indexed(change, digestOf))
  }
  return { tarSize: (await file.stat()).size, changes }
}

async function indexed(
  change: Change,
  digestOf: (offset: number, size: number) => Promise<Digest>,
): Promise<IndexedChange> {
  if (change.kind !== 'file') return change
  const { content, ...file } = change
  if (content.kind === 'host')
    return { ...file, digest: await digestOf(content.offset, file.size), data: content.offset }
  return { ...file, digest: sha256(content.bytes), data: Buffer.from(content.bytes).toString('base64') }
}
