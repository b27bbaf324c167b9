import { didYouMean, TsbuildError } from '../errors.ts'

/** @param names those that there are, in familiar form */
export function noSuchImage(name: string, names: readonly string[]): TsbuildError {
  return new TsbuildError('TSB_IMAGE_NOT_FOUND', `No such image: ${name}`, { hint: nearName(name, names) ?? listHint })
}

/** The name that was meant, if one is near: people leave `:latest` out. */
export function nearName(name: string, names: readonly string[]): string | undefined {
  const typed = names.map((each) => each.replace(/:latest$/, ''))
  return didYouMean(name.replace(/:latest$/, ''), typed)
}

export const listHint = 'tsbuild images lists those of the store'
