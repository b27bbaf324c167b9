import { formatImageSource, formatPlatform, type Platform, parseImageSource } from '../../image/index.ts'
import type { SourceRange } from '../../source.ts'

/** What a name in FROM, COPY --from or mount from= leads to. */
export type Ref = { readonly kind: 'scratch' } | StageRef | ContextRef | ImageRef

/** A stage of the file, by its place. */
export interface StageRef {
  readonly kind: 'stage'
  readonly index: number
}

/** A local directory named by `--build-context`. */
export interface ContextRef {
  readonly kind: 'context'
  readonly name: string
}

export interface ImageRef {
  readonly kind: 'image'
  /** As written. */
  readonly reference: string
  readonly platform: Platform
  readonly at: SourceRange
  /** Named where a stage is usual: by COPY --from, or from= of a mount. */
  readonly orStage?: true
}

/** Two references with one key are the same image. */
export function imageKey({ reference, platform }: ImageRef): string {
  return `${formatPlatform(platform)} ${formatImageSource(parseImageSource(reference))}`
}
