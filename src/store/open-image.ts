import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, type Image, mediaTypes } from '../image/index.ts'
import { configLimit, manifestLimit } from './documents.ts'
import type { Blobs } from './store.ts'

/** Writes the config and the manifest of an image. The same image gives the same manifest. */
export async function writeDocuments(blobs: Blobs, image: Image): Promise<Descriptor> {
  const config = await blobs.write(image.configBytes)
  const layers = await Promise.all(image.layers.map((layer) => layer.descriptor()))
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, ...config },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType: ociType(mediaType), digest, size })),
  }
  const bytes = new TextEncoder().encode(JSON.stringify(manifest))
  return { mediaType: mediaTypes.manifest, ...(await blobs.write(bytes)) }
}

/** Layers of a Docker image are the same bytes under OCI's name: an OCI manifest holds only the latter. */
function ociType(mediaType: string): string {
  return mediaType === mediaTypes.dockerLayerGzip ? mediaTypes.layerGzip : mediaType
}

/** Does what `Images.open` says. @throws {TsbuildError} TSB_BLOB_MISSING, TSB_IMAGE_LAYERS and those of the schemas */
export async function openImage(
  blobs: Blobs,
  manifest: Descriptor,
  layer: (descriptor: Descriptor, diffId: Digest) => Image['layers'][number],
): Promise<Image> {
  const { parseConfig, parseManifest } = await import('../image/index.ts')
  const document = await parseManifest(await blobs.read(manifest.digest, manifestLimit))
  const configBytes = await blobs.read(document.config.digest, configLimit)
  const config = await parseConfig(configBytes)
  const diffIds = config.rootfs.diff_ids
  if (diffIds.length !== document.layers.length) {
    throw new TsbuildError(
      'TSB_IMAGE_LAYERS',
      `manifest ${manifest.digest} has ${document.layers.length} layers, its config ${diffIds.length}`,
    )
  }
  const layers = document.layers.flatMap((descriptor, i) => {
    const diffId = diffIds[i]
    return diffId === undefined ? [] : [layer(descriptor, diffId)]
  })
  return { config, configBytes, id: document.config.digest, layers }
}
