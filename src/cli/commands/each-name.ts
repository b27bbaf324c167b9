import { TsbuildError } from '../../errors.ts'
import { errorReport, Reported } from '../error-text.ts'
import { exitCodeOf } from '../exit.ts'
import type { Session } from '../session.ts'

/**
 * Does something with each of several names, as docker does: one that fails does not keep the others from it.
 * @throws {Reported} with the status of the first error, when all that failed have been printed
 */
export async function withEachName(
  { err, debug, signal }: Session,
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<void> {
  let status: number | undefined
  for (const name of names) {
    try {
      await work(name)
    } catch (error) {
      if (names.length === 1 || signal.aborted || !(error instanceof TsbuildError)) throw error
      err.print(errorReport(error, { prefix: '', debug, paint: err.paint }))
      status ??= exitCodeOf(error)
    }
  }
  if (status !== undefined) throw new Reported(status)
}
