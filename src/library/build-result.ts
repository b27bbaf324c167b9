import type { Built } from '../build.ts'
import { type Descriptor, type Image, type ImageOrSet, imagesOf, isImageSet, manifestOf } from '../image/index.ts'
import type { BuildResult, BuiltImage } from '../options.ts'
import type { Pushed } from './push.ts'

/** Several images are those of one index, and one alone may be. */
export function asOne(images: readonly Image[], isIndex: true | undefined): ImageOrSet {
  const [only] = images
  return only && !isIndex ? only : { images }
}

/** What became of an image. */
export interface Written {
  /** Its manifest or index in the store. */
  readonly stored: Descriptor
  /** What a registry has of it, after the last push. */
  readonly remote: Pushed | undefined
  /** Names of it there beside the tags. */
  readonly pushed: readonly string[]
}

/**
 * What the caller of a build hears.
 * @param image as it is in the store
 */
export async function buildResult(
  image: ImageOrSet,
  { stored, remote, pushed }: Written,
  names: readonly string[],
  { executed, warnings }: Built,
): Promise<BuildResult> {
  const images = await Promise.all(
    imagesOf(image).map((each, i) =>
      builtImage(each, remote?.manifests[i] ?? (isImageSet(image) ? undefined : stored)),
    ),
  )
  const [first] = images
  if (!first) throw new Error('no image was built')
  const about = isImageSet(image) ? { id: stored.digest } : { id: first.id, platform: first.platform }
  const manifest = remote?.descriptor ?? stored
  return { ...about, manifest, stored, images, names, pushed, steps: executed.steps, warnings }
}

async function builtImage(image: Image, manifest: Descriptor | undefined): Promise<BuiltImage> {
  const { os, architecture, variant } = image.config
  const platform = { os, architecture, ...(variant && { variant }) }
  return { id: image.id, manifest: manifest ?? (await manifestFor(image)), platform }
}

async function manifestFor(image: Image): Promise<Descriptor> {
  return manifestOf(image, await Promise.all(image.layers.map((layer) => layer.descriptor()))).descriptor
}
