import type { Digest } from '../digest/index.ts'
import {
  type Descriptor,
  type ImageDocuments,
  type Index,
  parseIndex,
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

/** The index of some images of the store. */
export async function readStoredIndex(store: Store, digest: Digest): Promise<Index> {
  return parseIndex(await store.blobs.read(digest, storedLimits.manifest), 'the index', storedLimits)
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
  for (const name of names) {
    if (image.index) await store.locked(`name ${name.normal}`, () => nameOneOfMany(store, image, name))
    else await store.images.tag(image.descriptor, name.normal)
    if (location !== undefined && !location.includes('://')) await notePulled(store, image, name)
  }
}

/** What the name has in its registry: the index, where it is one, also when one image of it is all that is here. */
async function notePulled(store: Store, { descriptor, index }: ImageDocuments, { normal }: Reference): Promise<void> {
  const named = await store.images.find(normal)
  if (named) await store.images.published(named.manifest, [normal], (index?.descriptor ?? descriptor).digest)
}

/**
 * The name stands for the image alone, unless it has stood for another one of the same index: then for the index, of which
 * those are here that were asked for.
 */
async function nameOneOfMany(store: Store, { descriptor, index }: ImageDocuments, name: Reference): Promise<void> {
  const before = await store.images.find(name.normal)
  const digest = before?.manifest.digest
  const isOther = digest !== undefined && digest !== descriptor.digest
  if (!index || !isOther || !(digest === index.descriptor.digest || names(index.bytes, digest))) {
    await store.images.tag(descriptor, name.normal)
    return
  }
  await store.blobs.write(index.bytes)
  await store.images.tag(index.descriptor, name.normal)
}

/** Its shape was checked when it came. */
function names(index: Uint8Array, manifest: Digest): boolean {
  const { manifests } = JSON.parse(new TextDecoder().decode(index)) as Index
  return manifests.some(({ digest }) => digest === manifest)
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
