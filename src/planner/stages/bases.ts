import { didYouMean, TsbuildError } from '../../errors.ts'
import type { BaseImage, BaseImages } from '../request.ts'
import { type ImageRef, imageKey } from './ref.ts'

/** The images that a plan knows, each once per platform. */
export type Bases = ReadonlyMap<string, BaseImage>

/**
 * Asks for all images that are not known yet, at once.
 * @param stages names of stages, for the hint when one was misspelled
 */
export async function resolveBases(
  refs: readonly ImageRef[],
  known: Bases,
  port: BaseImages,
  stages: Iterable<string>,
): Promise<Bases> {
  const wanted = new Map<string, ImageRef>()
  for (const ref of refs) {
    const key = imageKey(ref)
    if (!known.has(key) && !wanted.has(key)) wanted.set(key, ref)
  }
  const resolved = await Promise.all(
    [...wanted].map(async ([key, ref]) => [key, await resolve(ref, port, stages)] as const),
  )
  return new Map([...known, ...resolved])
}

async function resolve(ref: ImageRef, port: BaseImages, stages: Iterable<string>): Promise<BaseImage> {
  try {
    return await port.resolve(ref.reference, ref.platform, ref.at)
  } catch (error) {
    // The settings of who builds are to blame, and no line of the Dockerfile.
    if (!(error instanceof TsbuildError) || error.code === 'TSB_CONFIG_FILE') throw error
    const told = new TsbuildError(error.code, error.message, {
      at: error.at ?? ref.at,
      hint: hintFor(ref, error, [...stages]),
      cause: error.cause ?? error,
    })
    const standIn = port.standIn?.(told, ref.reference, ref.platform)
    if (standIn) return standIn
    throw told
  }
}

/** A name that is no image may have been meant as that of a stage. */
function hintFor({ reference, orStage }: ImageRef, { code, hint }: TsbuildError, stages: readonly string[]): string {
  const isMissing = /^TSB_(IMAGE_NOT_FOUND|REGISTRY_)/.test(code)
  const meant = isMissing ? stageHint(reference, stages) : undefined
  if (meant !== undefined) return meant
  if (hint === undefined) return 'no stage above has this name either: check the name and the tag'
  if (!isMissing || !orStage || !/^[\w.-]+$/.test(reference)) return hint
  return `no stage is named "${reference}", so it was taken for an image; ${hint}`
}

function stageHint(name: string, stages: readonly string[]): string | undefined {
  return stages.includes(name) ? `stage "${name}" stands below: move it above this line` : didYouMean(name, stages)
}
