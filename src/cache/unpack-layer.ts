import { sha256Hasher } from '../digest/index.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { readTwice, removeTree, type Store, writeFresh } from '../store/index.ts'
import { archiveLimits, compressionLimits, decompress } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { diffIdMismatch } from './diff-id-mismatch.ts'
import type { LayerIndex } from './layer-index.ts'
import { makeIndex } from './make-index.ts'
import { readingLayer } from './reading-layer.ts'

/** The uncompressed tar of a layer, not yet in its place, and what it says. */
export interface UnpackedLayer {
  readonly tar: string
  readonly index: LayerIndex
}

/**
 * Makes both from the blob of a compressed layer in one pass over it, while it is fetched when it is not here. Blob and tar
 * are checked by the time they are given back; nothing is left when this fails.
 * @throws {TsbuildError} TSB_DIFFID_MISMATCH, TSB_BLOB_…, TSB_ARCHIVE_…
 */
export async function unpackLayer(
  store: Store,
  layer: LayerRecord,
  limits: Limits = defaultLimits,
): Promise<UnpackedLayer> {
  const folder = await store.temporary('tar')
  try {
    return await store.blobs.reading(layer.descriptor, (bytes) =>
      readingLayer(layer, () => unpackInto(folder, bytes, layer, limits)),
    )
  } catch (error) {
    await removeTree(folder)
    throw error
  }
}

async function unpackInto(
  folder: string,
  bytes: AsyncIterable<Uint8Array>,
  { descriptor, diffId }: LayerRecord,
  limits: Limits,
): Promise<UnpackedLayer> {
  const hasher = sha256Hasher()
  async function* hashed(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of decompress(bytes, compressionLimits(limits))) {
      hasher.update(piece)
      yield piece
    }
  }
  let tar = ''
  const keep = async (plain: AsyncIterable<Uint8Array>) => {
    tar = await writeFresh(folder, plain)
    const found = hasher.digest()
    if (found !== diffId) throw diffIdMismatch(descriptor.digest, diffId, found)
  }
  const index = await readTwice(hashed(), keep, (plain) => makeIndex(plain, archiveLimits(limits)))
  return { tar, index }
}
