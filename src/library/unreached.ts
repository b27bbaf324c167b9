import { sha256 } from '../digest/index.ts'
import type { TsbuildError } from '../errors.ts'
import type { Platform } from '../image/index.ts'
import type { BaseImage, BaseImages } from '../planner/index.ts'

/** A base image that could not be looked at. */
export interface Unreached {
  /** As in the Dockerfile. */
  readonly reference: string
  /** Why not, and the place that names it. */
  readonly error: TsbuildError
}

/**
 * Bases for looking at a Dockerfile: in place of an image that cannot be had comes one of which nothing is known.
 * @param unreached takes note of each
 */
export function withStandIns(bases: BaseImages, unreached: (image: Unreached) => void): BaseImages {
  return {
    ...bases,
    standIn(error, reference, platform) {
      unreached({ reference, error })
      return unknownImage(reference, platform)
    },
  }
}

function unknownImage(name: string, platform: Platform): BaseImage {
  const { os, architecture, variant } = platform
  const config = { os, architecture, ...(variant && { variant }), rootfs: { type: 'layers', diff_ids: [] } } as const
  return { image: { name, manifest: sha256('') }, platform, config, unknown: true }
}
