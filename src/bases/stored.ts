import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
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
 * Keeps the documents of an image and where its layers can be had, so that nobody else has to be asked again.
 * @param location as `BlobOrigin` has it; undefined when the layers are in the store
 */
export async function keep(store: Store, image: ImageDocuments, location: string | undefined): Promise<void> {
  await store.blobs.write(image.configBytes)
  await store.blobs.write(image.manifestBytes)
  for (const { digest } of image.manifest.layers) {
    if (location !== undefined) await store.blobs.rememberOrigin(digest, { location })
  }
}

/**
 * Gives an image that is kept names, so that a later build needs nobody's word for what they mean.
 * @param location as for `keep`
 */
export async function nameKept(
  store: Store,
  image: ImageDocuments,
  location: string | undefined,
  names: readonly Reference[],
): Promise<void> {
  const isPulled = location !== undefined && !location.includes('://')
  const remote = isPulled ? (image.index?.descriptor ?? image.descriptor).digest : undefined
  for (const name of names) {
    if (image.index) await store.locked(`name ${name.normal}`, () => nameOneOfMany(store, image, name, remote))
    else await tag(store, image.descriptor, name, remote)
  }
}

/** @param remote what the registry of the name has under it, where it comes from there: the index, also when one image of it is all that is here */
function tag(
  { images }: Store,
  manifest: Descriptor,
  { normal }: Reference,
  remote: Digest | undefined,
): Promise<void> {
  return remote === undefined ? images.tag(manifest, normal) : images.tagPulled(manifest, normal, remote)
}

/**
 * The name stands for the image alone, unless it has stood for another one of the same index: then for the index, of which
 * those are here that were asked for.
 */
async function nameOneOfMany(
  store: Store,
  { descriptor, index }: ImageDocuments,
  name: Reference,
  remote: Digest | undefined,
): Promise<void> {
  const digest = await digestOf(store, name)
  const isOther = digest !== undefined && digest !== descriptor.digest
  if (!index || !isOther || !isOfIndex(index, digest)) {
    await tag(store, descriptor, name, remote)
    return
  }
  await store.blobs.write(index.bytes)
  await tag(store, index.descriptor, name, remote)
}

/** What a name of the store stands for, where that is another image than one that was found under it, and of no index with that. */
export async function otherUnder(
  store: Store,
  name: Reference,
  { descriptor, index }: ImageDocuments,
): Promise<Digest | undefined> {
  const digest = await digestOf(store, name)
  return digest === descriptor.digest || (index && digest && isOfIndex(index, digest)) ? undefined : digest
}

/** What a name stands for in the store; undefined for nothing, and for what is damaged. */
export async function digestOf({ images }: Store, { normal }: Reference): Promise<Digest | undefined> {
  try {
    return (await images.find(normal))?.manifest.digest
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'TSB_IMAGE_DAMAGED') return undefined
    throw error
  }
}

/** Whether a digest is that of an index, or of what it names. Its shape was checked when it came. */
function isOfIndex({ descriptor, bytes }: NonNullable<ImageDocuments['index']>, wanted: Digest): boolean {
  if (wanted === descriptor.digest) return true
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as Index
  return manifests.some(({ digest }) => digest === wanted)
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
