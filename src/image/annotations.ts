import { TsbuildError } from '../errors.ts'
import type { Platform } from './descriptor.ts'
import { formatPlatform, normalizePlatform, parsePlatform } from './platform.ts'

type Texts = Readonly<Record<string, string>>

/** What is said of an image where its manifest is, and where that is named. */
export interface ImageAnnotations {
  /** In the manifest itself. */
  readonly manifest: Texts
  /** In the descriptors that name the manifest. */
  readonly descriptor: Texts
}

/** One annotation that is asked for. */
export interface Annotation {
  readonly on: 'manifest' | 'manifest-descriptor' | 'index' | 'index-descriptor'
  /** Only for the image of this platform: `linux/arm64`. */
  readonly platform?: string
  readonly name: string
  readonly value: string
}

/**
 * The annotations of an image. Those for its platform are stronger than those for all.
 * @throws {TsbuildError} TSB_ANNOTATION_INDEX: one image is no index, and nothing could hold it; TSB_PLATFORM_FORMAT
 */
export function annotationsOf(asked: readonly Annotation[], platform: Platform): ImageAnnotations | undefined {
  const misplaced = asked.find(({ on }) => on === 'index' || on === 'index-descriptor')
  if (misplaced) {
    throw new TsbuildError('TSB_ANNOTATION_INDEX', 'index annotations not supported for single platform export', {
      hint: `annotate the manifest: manifest:${misplaced.name}=…`,
    })
  }
  return forImage(asked, platform)
}

/**
 * The annotations of an index, and those of its images.
 * @param platforms of its images
 * @throws {TsbuildError} TSB_ANNOTATION_PLATFORM for one that is for none of them; TSB_PLATFORM_FORMAT
 */
export function indexAnnotationsOf(asked: readonly Annotation[], platforms: readonly Platform[]) {
  for (const { platform } of asked) {
    if (platform === undefined || platforms.some((built) => isFor(platform, built))) continue
    throw new TsbuildError('TSB_ANNOTATION_PLATFORM', `invalid annotation: no platform ${platform} found in source`, {
      hint: `the platforms are ${platforms.map(formatPlatform).join(', ')}`,
    })
  }
  const ofAll = asked.filter(({ platform }) => platform === undefined)
  return {
    index: on('index', ofAll),
    descriptor: on('index-descriptor', ofAll),
    images: platforms.map((platform) => forImage(asked, platform)),
  }
}

function forImage(asked: readonly Annotation[], platform: Platform): ImageAnnotations | undefined {
  const fitting = [
    ...asked.filter((annotation) => annotation.platform === undefined),
    ...asked.filter((annotation) => annotation.platform !== undefined && isFor(annotation.platform, platform)),
  ]
  return fitting.length === 0
    ? undefined
    : { manifest: on('manifest', fitting), descriptor: on('manifest-descriptor', fitting) }
}

function isFor(wanted: string, platform: Platform): boolean {
  return formatPlatform(parsePlatform(wanted, platform)) === formatPlatform(normalizePlatform(platform))
}

/** In the order of their names, so that the same annotations give the same bytes. */
function on(place: Annotation['on'], annotations: readonly Annotation[]): Texts {
  const there = annotations.filter((annotation) => annotation.on === place)
  const values = new Map(there.map(({ name, value }) => [name, value]))
  return Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)))
}
