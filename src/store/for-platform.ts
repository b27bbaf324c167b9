import { matchPlatform, type Platform } from '../image/index.ts'
import type { PlatformImage } from './documents.ts'
import type { StoredImage } from './store.ts'

/** The image that a name stands for on a platform: the one image it names, whatever that is for, or that of an index. */
export function imageFor(
  { manifest, id, images }: StoredImage,
  platform: Platform,
): Pick<PlatformImage, 'manifest' | 'id'> | undefined {
  if (!images) return { manifest, id }
  const entries = images.map((image) => ({ ...image.manifest, platform: image.platform }))
  const chosen = matchPlatform(entries, platform)
  return images.find((image) => image.manifest.digest === chosen?.digest)
}
