import type { TsbuildError } from '../errors.ts'
import { matchPlatform, noManifestFor, type Platform } from '../image/index.ts'
import type { PlatformImage } from './documents.ts'
import type { StoredImage } from './store.ts'

/** The image that a name stands for on a platform: the one image it names, whatever that is for, or that of an index. */
export function imageFor(
  { manifest, id, images }: StoredImage,
  platform: Platform,
): Pick<PlatformImage, 'manifest' | 'id'> | undefined {
  if (!images) return { manifest, id }
  const chosen = matchPlatform(entriesOf(images), platform)
  return images.find((image) => image.manifest.digest === chosen?.digest)
}

/** TSB_PLATFORM_NOT_FOUND, with the platforms that there are. @param name as people call the image */
export function noImageFor({ images = [] }: StoredImage, platform: Platform, name: string): TsbuildError {
  return noManifestFor({ manifests: entriesOf(images) }, platform, `the image ${name} of the store`)
}

function entriesOf(images: readonly PlatformImage[]) {
  return images.map(({ manifest, platform }) => ({ ...manifest, platform }))
}
