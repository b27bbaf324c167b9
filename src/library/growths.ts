import type { Built } from '../build.ts'
import { TsbuildError } from '../errors.ts'
import { type Platform, parseReference } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import type { FormerImage, ImageGrowth } from './image-growth.ts'
import type { Session } from './session.ts'

/**
 * What `--compare-to` names for each platform, looked up before any step runs.
 * @throws {TsbuildError} those of `comparedImage`
 */
export async function comparedImages(
  { compareTo }: BuildOptions,
  platforms: readonly Platform[],
  session: Session,
): Promise<readonly (FormerImage | undefined)[]> {
  if (compareTo === undefined) return []
  const { comparedImage } = await import('./image-growth.ts')
  return Promise.all(platforms.map((platform) => comparedImage(compareTo, platform, session)))
}

/**
 * Of each image, where it is to be held against something, or may have changed.
 * @param compared what `comparedImages` found, in the order of the images
 * @throws {TsbuildError} those of `growthOf`, where there is a limit
 */
export async function growthsOf(
  { images, executed }: Built,
  compared: readonly (FormerImage | undefined)[],
  name: string | undefined,
  options: BuildOptions,
  session: Session,
  notice: (message: string) => void,
): Promise<readonly (ImageGrowth | undefined)[]> {
  const isLimited = options.maxSize !== undefined || options.maxGrowth !== undefined
  const { cached, total } = executed.steps
  if (!isLimited && (name === undefined || cached === total)) return []
  const { growthOf } = await import('./image-growth.ts')
  const growths = await Promise.all(
    images.map((image, i) =>
      growthOf(
        image,
        executed,
        compared[i],
        options.compareTo === undefined ? name : undefined,
        options,
        session,
      ).catch((error: unknown) => {
        // Of an image that is damaged, or goes meanwhile, there is nothing to say; a limit has to be held.
        if (isLimited || !(error instanceof TsbuildError)) throw error
        return undefined
      }),
    ),
  )
  if (options.maxGrowth !== undefined && growths.includes(undefined)) {
    notice(`warning: --max-growth: nothing to compare with: ${nothing(options.compareTo, name)}`)
  }
  return growths
}

function nothing(compareTo: string | undefined, name: string | undefined): string {
  if (compareTo !== undefined) return `${compareTo} has no image for the platform`
  if (name === undefined) return 'the image has no name; --compare-to names one'
  const { familiar } = parseReference(name)
  return `no image ${familiar} is in the store so far; --compare-to ${familiar} looks in its registry too`
}
