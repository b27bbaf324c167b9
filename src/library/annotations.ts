import {
  type Annotation,
  annotationsOf,
  type Image,
  type ImageOrSet,
  indexAnnotationsOf,
  isImageSet,
  type Platform,
} from '../image/index.ts'
import type { BuildOptions } from '../options.ts'

/** The image with what is asked to be said of it: other bytes of the manifest, the same image id. */
export function annotated(image: ImageOrSet, asked: readonly Annotation[] = []): ImageOrSet {
  if (!isImageSet(image)) return withAnnotations(image, annotationsOf(asked, image.config))
  const { index, descriptor, images } = indexAnnotationsOf(
    asked,
    image.images.map(({ config }) => config),
  )
  return {
    images: image.images.map((each, i) => withAnnotations(each, images[i])),
    annotations: { index, descriptor },
  }
}

/** What was said of it before stays. */
function withAnnotations(image: Image, annotations: Image['annotations']): Image {
  if (!annotations) return image
  const { manifest = {}, descriptor = {} } = image.annotations ?? {}
  return {
    ...image,
    annotations: {
      manifest: { ...manifest, ...annotations.manifest },
      descriptor: { ...descriptor, ...annotations.descriptor },
    },
  }
}

/**
 * Refuses what no output could hold, before a step runs.
 * @param platforms of the index that is built; undefined for an image alone
 * @throws {TsbuildError} TSB_ANNOTATION_INDEX, TSB_ANNOTATION_PLATFORM, TSB_PLATFORM_FORMAT
 */
export function checkAnnotations(
  { annotations = [], outputs = [] }: BuildOptions,
  platforms: readonly Platform[] | undefined,
): void {
  const all = outputs.flatMap((output) => ('annotations' in output ? (output.annotations ?? []) : []))
  const asked = [...annotations, ...all]
  if (platforms) indexAnnotationsOf(asked, platforms)
  else annotationsOf(asked, { os: 'linux', architecture: 'amd64' })
}
