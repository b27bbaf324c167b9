import { sha256 } from '../digest/index.ts'
import { type Descriptor, mediaTypes, type Platform } from './descriptor.ts'
import type { Image, ImageSet } from './image.ts'
import { checkDockerForm, type ManifestForm, unlessEmpty } from './manifest.ts'
import { normalizePlatform } from './platform.ts'

/** What a name stands for. */
export type ImageOrSet = Image | ImageSet

export function isImageSet(image: ImageOrSet): image is ImageSet {
  return 'images' in image
}

/** The images that there are, one for each platform. */
export function imagesOf(image: ImageOrSet): readonly Image[] {
  return isImageSet(image) ? image.images : [image]
}

/**
 * The OCI index of some images.
 * @param manifests of the images, in their order
 * @param form OCI's, or that of Docker's schema 2: a manifest list
 * @throws {TsbuildError} TSB_DOCKER_FORM for what a manifest list cannot say
 * @returns its descriptor and its bytes; the same images give the same
 */
export function indexOf(
  { images, annotations }: ImageSet,
  manifests: readonly Descriptor[],
  form: ManifestForm = 'oci',
): { readonly descriptor: Descriptor; readonly bytes: Uint8Array } {
  if (form === 'docker') checkDockerForm('manifest list', annotations?.index)
  const mediaType = form === 'docker' ? mediaTypes.dockerIndex : mediaTypes.index
  const index = {
    schemaVersion: 2,
    mediaType,
    manifests: manifests.map((manifest, i) => withPlatform(manifest, images[i]?.config)),
    ...unlessEmpty(annotations?.index),
  }
  const bytes = new TextEncoder().encode(JSON.stringify(index))
  const named = { mediaType, digest: sha256(bytes), size: bytes.length }
  return { descriptor: { ...named, ...unlessEmpty(annotations?.descriptor) }, bytes }
}

/** Members in the order of the specification's example. */
function withPlatform(
  { mediaType, digest, size, annotations }: Descriptor,
  platform: Platform | undefined,
): Descriptor {
  const named = { mediaType, digest, size, ...(annotations && { annotations }) }
  if (!platform) return named
  const { os, architecture, variant, 'os.version': version } = platform
  const {
    os: system,
    architecture: processor,
    ...more
  } = normalizePlatform({ os, architecture, variant, 'os.version': version })
  return { ...named, platform: { architecture: processor, os: system, ...more } }
}
