import { TsbuildError } from '../errors.ts'
import type { LayerRecord } from './cache.ts'

/** Says in an error about the archive of a layer which layer it is. */
export async function readingLayer<T>({ descriptor }: LayerRecord, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof TsbuildError && /^TSB_(ARCHIVE_|WHITEOUT_)/.test(error.code))) throw error
    throw new TsbuildError(error.code, `layer ${descriptor.digest}: ${error.message}`, {
      cause: error,
      hint: error.hint ?? 'the image is damaged, or its maker is not to be trusted: get it again',
    })
  }
}
