import { readStoredIndex } from '../bases/index.ts'
import { type Descriptor, type ImageOrSet, parseReference, tryReference } from '../image/index.ts'
import { noSuchImage, type StoredImage } from '../store/index.ts'
import type { Session } from './session.ts'

/** An image of the store by name or id. @throws {TsbuildError} TSB_IMAGE_NOT_FOUND */
export async function findStored(name: string, { store }: Session): Promise<StoredImage> {
  const found = await store.images.find(name)
  if (found) return found
  const names = (await store.images.list()).flatMap((image) => image.names)
  throw noSuchImage(name, names)
}

/** Whether an image of the store was found by its name, not by its id. */
export function isNamed({ names }: StoredImage, name: string): boolean {
  const normal = tryReference(name)?.normal
  return names.some((each) => parseReference(each).normal === normal)
}

/** All that a name stands for, as far as it is here. */
export async function openStored({ manifest, images }: StoredImage, { store, cache }: Session): Promise<ImageOrSet> {
  const open = (descriptor: Descriptor) => store.images.open(descriptor, cache.layers.fromDescriptor)
  if (!images) return open(manifest)
  const { annotations } = await readStoredIndex(store, manifest.digest)
  return {
    images: await Promise.all(images.map((image) => open(image.manifest))),
    annotations: { index: annotations ?? {}, descriptor: manifest.annotations ?? {} },
  }
}
