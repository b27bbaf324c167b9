import { readError } from '../content.ts'
import type { Change } from '../entry.ts'
import { type Filler, openFiller, ReadFailure } from './fill.ts'
import { type Slab, slabSize, slabsOf } from './slabs.ts'

/**
 * The tar of some changes, in the order in which they come (`tarOrder`): the same changes give the same bytes. Directories
 * that nobody said are left out.
 * @throws {TsbuildError} TSB_WHITEOUT_RESERVED for a name that would be a whiteout; TSB_FILE_CHANGED
 */
export async function* writeTar(changes: Iterable<Change>): AsyncGenerator<Uint8Array, void, undefined> {
  const filler = openFiller('none')
  try {
    for (const slab of slabsOf(changes, () => new Uint8Array(Buffer.allocUnsafeSlow(slabSize).buffer))) {
      fillSlab(filler, slab)
      yield slab.memory.subarray(0, slab.size)
    }
  } finally {
    filler.close()
  }
}

/**
 * Fills a slab here and now.
 * @returns the digest of each file that ends in it
 * @throws {TsbuildError} TSB_FILE_CHANGED, TSB_FILE_UNREADABLE
 */
export function fillSlab(filler: Filler, slab: Slab): ReturnType<Filler['fill']> {
  try {
    return filler.fill(slab.memory, slab.reads)
  } catch (error) {
    throw slabError(slab, error)
  }
}

/** What a failure to read means, for the file that it was. */
export function slabError({ files }: Slab, error: unknown): unknown {
  const failed = error instanceof ReadFailure ? files[error.index] : undefined
  return failed && error instanceof ReadFailure ? readError(failed.file, error.cause) : error
}
