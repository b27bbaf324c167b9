import { type Annotation, annotationsOf, type Image } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'

/** The image with what is asked to be said of it: other bytes of the manifest, the same image id. */
export function annotated(image: Image, asked: readonly Annotation[] = []): Image {
  const annotations = annotationsOf(asked, image.config)
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
 * @throws {TsbuildError} TSB_ANNOTATION_INDEX, TSB_PLATFORM_FORMAT
 */
export function checkAnnotations({ annotations = [], outputs = [] }: BuildOptions): void {
  const all = outputs.flatMap((output) => ('annotations' in output ? (output.annotations ?? []) : []))
  annotationsOf([...annotations, ...all], { os: 'linux', architecture: 'amd64' })
}
