import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import {
  type Descriptor,
  type Image,
  type ImageOrSet,
  indexOf,
  isImageSet,
  manifestOf,
  parseConfig,
  parseManifest,
  storedLimits,
} from '../image/index.ts'
import { countText } from '../text/index.ts'
import type { Blobs } from './store.ts'

/** Writes the documents of an image, or of several and of their index. The same image gives the same manifest. */
export async function writeDocuments(blobs: Blobs, image: ImageOrSet): Promise<Descriptor> {
  if (!isImageSet(image)) return writeImage(blobs, image)
  const manifests: Descriptor[] = []
  for (const each of image.images) manifests.push(await writeImage(blobs, each))
  const { descriptor, bytes } = indexOf(image, manifests)
  await blobs.write(bytes)
  return descriptor
}

async function writeImage(blobs: Blobs, image: Image): Promise<Descriptor> {
  const { descriptor, bytes } = manifestOf(image, await Promise.all(image.layers.map((layer) => layer.descriptor())))
  await blobs.write(image.configBytes, { digest: image.id, size: image.configBytes.length })
  await blobs.write(bytes)
  return descriptor
}

/** Does what `Images.open` says. @throws {TsbuildError} TSB_BLOB_MISSING, TSB_IMAGE_LAYERS and those of the schemas */
export async function openImage(
  blobs: Blobs,
  manifest: Descriptor,
  layer: (descriptor: Descriptor, diffId: Digest) => Image['layers'][number],
): Promise<Image> {
  const document = await parseManifest(
    await blobs.read(manifest.digest, storedLimits.manifest),
    'the manifest',
    storedLimits,
  )
  const configBytes = await blobs.read(document.config.digest, storedLimits.config)
  const config = await parseConfig(configBytes, 'the image config', storedLimits)
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== document.layers.length) {
    throw new TsbuildError(
      'TSB_IMAGE_LAYERS',
      `manifest ${manifest.digest} has ${countText(document.layers.length, 'layer')}, its config ${diffIds.length}`,
    )
  }
  const layers = document.layers.flatMap((descriptor, i) => {
    const diffId = diffIds[i]
    return diffId === undefined ? [] : [layer(descriptor, diffId)]
  })
  const annotations = { manifest: document.annotations ?? {}, descriptor: manifest.annotations ?? {} }
  return { config, configBytes, id: document.config.digest, layers, annotations }
}
