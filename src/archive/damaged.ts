import { TsbuildError } from '../errors.ts'
import { looksLikeTar, peek } from '../tree/index.ts'

/** An archive that was cut or changed on its way, or that is none. The others are as somebody meant them. */
const damages: ReadonlySet<string> = new Set(['TSB_ARCHIVE_DAMAGED', 'TSB_ARCHIVE_HEADER', 'TSB_ARCHIVE_TRUNCATED'])

export const damagedHint = 'the archive is damaged or incomplete: get it again'

/** Says in an error of `work` which archive it is about, and what to do about a damaged one. */
export async function readingArchive<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof TsbuildError && error.code.startsWith('TSB_ARCHIVE_'))) throw error
    throw new TsbuildError(error.code, `cannot read ${name}: ${error.message}`, {
      cause: error,
      hint: error.hint ?? (damages.has(error.code) ? damagedHint : undefined),
    })
  }
}

/**
 * The same bytes, when they begin as a tar does: of what is none, nothing is said to be damaged.
 * @param wanted what should have been there, for the hint
 * @throws {TsbuildError} TSB_ARCHIVE_HEADER
 */
export async function* onlyTar(bytes: AsyncIterable<Uint8Array>, wanted: string): AsyncGenerator<Uint8Array, void> {
  const { first, all } = await peek(bytes, 512)
  if (first.length > 0 && !looksLikeTar(first)) {
    await all.return()
    throw new TsbuildError('TSB_ARCHIVE_HEADER', 'it is not a tar archive', {
      hint: `${wanted}; is this the right file?`,
    })
  }
  yield* all
}
