import type { Built } from '../build.ts'
import { TsbuildError } from '../errors.ts'
import { parseReference } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import type { ImageGrowth } from './image-growth.ts'
import type { Session } from './session.ts'

/**
 * Of each image, where it is to be held against something, or may have changed.
 * @throws {TsbuildError} those of `growthOf`, where there is a limit
 */
export async function growthsOf(
  { images, executed }: Built,
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
    images.map((image) =>
      growthOf(image, executed, name, options, session).catch((error: unknown) => {
        // Of an image that is damaged, or goes meanwhile, there is nothing to say; a limit has to be held.
        if (isLimited || !(error instanceof TsbuildError)) throw error
        return undefined
      }),
    ),
  )
  if (options.maxGrowth !== undefined && growths.includes(undefined)) {
    const named = name === undefined ? 'the image has no name, and' : parseReference(name).familiar
    notice(`warning: --max-growth: nothing to compare with: ${named} names no image so far`)
  }
  return growths
}
