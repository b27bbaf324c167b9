import type { Built } from '../build.ts'
import { type Descriptor, type Image, type ImageOrSet, imagesOf, isImageSet, manifestOf } from '../image/index.ts'
import type { BuildResult, BuiltImage } from '../options.ts'
import type { Pushed } from './push.ts'

/** Several images are those of one index, and one alone may be. */
export function asOne(images: readonly Image[], isIndex: true | undefined): ImageOrSet {
  const [only] = images
  return only && !isIndex ? only : { images }
}

/**
 * What the caller of a build hears.
 * @param image as it is in the store
 * @param manifest of it there
 * @param pushed of it in a registry
 */
export async function buildResult(
  image: ImageOrSet,
  manifest: Descriptor,
  pushed: Pushed | undefined,
  names: readonly string[],
  { executed, warnings }: Built,
): Promise<BuildResult> {
  const images = await Promise.all(
    imagesOf(image).map((each, i) =>
      builtImage(each, pushed?.manifests[i] ?? (isImageSet(image) ? undefined : manifest)),
    ),
  )
  const [first] = images
  if (!first) throw new Error('no image was built')
  const about = isImageSet(image) ? { id: manifest.digest } : { id: first.id, platform: first.platform }
  return { ...about, manifest: pushed?.descriptor ?? manifest, images, names, steps: executed.steps, warnings }
}

async function builtImage(image: Image, manifest: Descriptor | undefined): Promise<BuiltImage> {
  const { os, architecture, variant } = image.config
  const platform = { os, architecture, ...(variant && { variant }) }
  return { id: image.id, manifest: manifest ?? (await manifestFor(image)), platform }
}

async function manifestFor(image: Image): Promise<Descriptor> {
  return manifestOf(image, await Promise.all(image.layers.map((layer) => layer.descriptor()))).descriptor
}
