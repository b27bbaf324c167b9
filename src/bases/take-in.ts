import type { ArchivedImage } from '../archive/index.ts'
import type { Store, WholeBlobs } from '../store/index.ts'
import { keep, nameKept } from './stored.ts'

/**
 * Takes an image of an archive into the store, its layers too, under the names that the archive gives it.
 * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH, TSB_DISK_FULL
 */
export async function takeIn(store: Store, image: ArchivedImage, whole: WholeBlobs): Promise<void> {
  if (image.index && image.others?.length) {
    await takeInAll(store, [image, ...image.others], image.index, image.names, whole)
    return
  }
  await takeLayers(store, image, whole)
  await keep(store, image, undefined)
  await nameKept(store, image, undefined, image.names)
  if (image.names.length === 0) await store.images.tag(image.descriptor)
}

/** Images with the index that names them all, which gets the names. */
async function takeInAll(
  store: Store,
  images: readonly ArchivedImage[],
  { descriptor, bytes }: NonNullable<ArchivedImage['index']>,
  names: ArchivedImage['names'],
  whole: WholeBlobs,
): Promise<void> {
  for (const image of images) {
    await takeLayers(store, image, whole)
    await keep(store, image, undefined)
  }
  await store.blobs.write(bytes)
  await store.images.tag(descriptor, ...names.map((name) => name.normal))
}

/** Layers that are here already, and known to be whole, are not read again. */
export async function takeLayers({ blobs }: Store, image: ArchivedImage, whole: WholeBlobs): Promise<void> {
  for (const layer of image.manifest.layers) {
    if ((await blobs.has(layer.digest, layer.size)) && (await whole.is(layer.digest))) continue
    await blobs.write(image.layer(layer), layer)
    await whole.note(layer.digest)
  }
}
