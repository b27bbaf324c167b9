import { type Digest, sha256 } from '../../src/digest/index.ts'
import { type Descriptor, type Image, type ImageConfig, type Layer, mediaTypes } from '../../src/image/index.ts'
import type { Store } from '../../src/store/index.ts'
import { tar } from './tar.ts'

/** An image of one layer with one file, whose blob is in the store; not saved yet. */
export async function smallImage(store: Store, word: string, created = '2026-01-02T03:04:05Z'): Promise<Image> {
  const blob = await store.blobs.write(tar(`f word=${word}`))
  const config: ImageConfig = {
    created,
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [blob.digest] },
    history: [{ created, created_by: `COPY ${word} /word` }],
  }
  const configBytes = new TextEncoder().encode(JSON.stringify(config))
  const layer = layerInStore(store, { mediaType: mediaTypes.layerTar, ...blob }, blob.digest)
  return { config, configBytes, id: sha256(configBytes), layers: [layer] }
}

/** A layer of which nobody asks for the files. */
export function layerInStore(store: Store, descriptor: Descriptor, diffId: Digest): Layer {
  const none = async () => {
    throw new Error('this layer has no files')
  }
  return {
    contentId: async () => diffId,
    diffId: async () => diffId,
    descriptor: async () => descriptor,
    blob: () => store.blobs.stream(descriptor.digest),
    tree: none,
    directory: none,
    lower: none,
  }
}
