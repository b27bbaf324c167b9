import type { Digest } from '../digest/index.ts'
import {
  type Descriptor,
  type ImageDocuments,
  type Reference,
  readStoredConfig,
  readStoredManifest,
  storedLimits,
} from '../image/index.ts'
import type { Store } from '../store/index.ts'

export type StoredDocuments = Omit<ImageDocuments, 'descriptor'>

/** The documents of an image in the store. They were checked when they came in, so that no schema is loaded here. */
export async function readStored(store: Store, manifestDigest: Digest): Promise<StoredDocuments> {
  const manifestBytes = await store.blobs.read(manifestDigest, storedLimits.manifest)
  const manifest = readStoredManifest(manifestBytes)
  const configBytes = await store.blobs.read(manifest.config.digest, storedLimits.config)
  return { manifest, manifestBytes, config: readStoredConfig(configBytes), configBytes }
}

/**
 * Keeps the documents of an image and where its layers can be had, so that a later build needs nobody else's word.
 * @param location as `BlobOrigin` has it; undefined when the layers are in the store
 * @param names what the image is called from now on
 */
export async function keep(
  store: Store,
  image: ImageDocuments,
  location: string | undefined,
  names: readonly Reference[],
): Promise<void> {
  await store.blobs.write(image.configBytes)
  await store.blobs.write(image.manifestBytes)
  for (const { digest } of image.manifest.layers) {
    if (location !== undefined) await store.blobs.rememberOrigin(digest, { location })
  }
  for (const name of names) await store.images.tag(image.descriptor, name.normal)
}

/** A layer by the names it has in manifest and config. */
export interface NamedLayer {
  readonly descriptor: Descriptor
  readonly diffId: Digest
}

/** The layers of an image, lowest first. */
export function layersOf({ manifest, config }: Pick<ImageDocuments, 'manifest' | 'config'>): readonly NamedLayer[] {
  return manifest.layers.flatMap((descriptor, i) => {
    const diffId = config.rootfs.diff_ids[i]
    return diffId === undefined ? [] : [{ descriptor, diffId }]
  })
}
