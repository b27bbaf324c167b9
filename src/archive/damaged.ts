import { TsbuildError } from '../errors.ts'

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
