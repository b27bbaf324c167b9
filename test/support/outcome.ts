import { TsbuildError } from '../../src/errors.ts'

/** The TsbuildError that a call ends in; undefined when it goes well. Anything else that is thrown stays thrown. */
export function errorOf(run: () => unknown): TsbuildError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof TsbuildError) return error
    throw error
  }
}

/** The lines that an error points at, 1-based; none when it has no place. */
export function linesOf(error: TsbuildError | undefined): readonly number[] {
  if (!error?.at) return []
  const { start, end } = error.at
  return Array.from({ length: end.line - start.line + 1 }, (_, i) => start.line + 1 + i)
}
