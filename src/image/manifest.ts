import { sha256 } from '../digest/index.ts'
import { type Descriptor, mediaTypes } from './descriptor.ts'
import type { Image } from './image.ts'

/** The OCI names of what Docker's media types name. */
const ociTypes: ReadonlyMap<string, string> = new Map([
  [mediaTypes.dockerConfig, mediaTypes.config],
  [mediaTypes.dockerLayerGzip, mediaTypes.layerGzip],
  ['application/vnd.docker.image.rootfs.diff.tar', mediaTypes.layerTar],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', mediaTypes.layerZstd],
])

/** A descriptor as an OCI manifest may hold it: the same bytes under OCI's name. */
export function toOci(descriptor: Descriptor): Descriptor {
  const { mediaType, digest, size, annotations } = descriptor
  return { mediaType: ociTypes.get(mediaType) ?? mediaType, digest, size, ...(annotations && { annotations }) }
}

/**
 * The OCI manifest of an image whose layers are kept or sent as these blobs, lowest first.
 * @returns its descriptor and its bytes; the same image and blobs give the same
 */
export function manifestOf(
  { id, configBytes, annotations }: Pick<Image, 'id' | 'configBytes' | 'annotations'>,
  layers: readonly Descriptor[],
): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: id, size: configBytes.length },
    layers: layers.map(toOci),
    ...unlessEmpty(annotations?.manifest),
  }
  const bytes = new TextEncoder().encode(JSON.stringify(manifest))
  const named = { mediaType: mediaTypes.manifest, digest: sha256(bytes), size: bytes.length }
  return { descriptor: { ...named, ...unlessEmpty(annotations?.descriptor) }, bytes }
}

/** The member `annotations`, unless there is nothing to say. */
export function unlessEmpty(annotations: Readonly<Record<string, string>> = {}) {
  return Object.keys(annotations).length > 0 && { annotations }
}
