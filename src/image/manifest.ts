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
  image: Pick<Image, 'id' | 'configBytes'>,
  layers: readonly Descriptor[],
): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  const config = { mediaType: mediaTypes.config, digest: image.id, size: image.configBytes.length }
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: layers.map(toOci) }
  const bytes = new TextEncoder().encode(JSON.stringify(manifest))
  return { descriptor: { mediaType: mediaTypes.manifest, digest: sha256(bytes), size: bytes.length }, bytes }
}
