import { TsbuildError } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'

/** Characters that all expanded values of a build may have: 64 Mi. */
const totalLimit = 64 << 20

/** What keeping a value costs beside its characters. */
const costOfOne = 32

/** Characters by which variables may lengthen what progress shows of instructions. */
const shownLimit = 16 << 20

/** Counts what the values of a build come to: a value may be as large as the last one doubled, and then be used often. */
export interface Budget {
  /** @throws {TsbuildError} TSB_EXPANSION_LIMIT when they come to more than a build may have */
  spend(characters: number, at: SourceRange | undefined): void
  /** Counts what is only shown, which is no reason to fail; false when there is no room for it. */
  mayShow(characters: number): boolean
}

export function createBudget(): Budget {
  let [spent, shown] = [0, 0]
  return {
    spend(characters, at) {
      spent += characters + costOfOne
      if (spent > totalLimit) throw overdrawn(at)
    },
    mayShow(characters) {
      if (shown + characters > shownLimit) return false
      shown += characters
      return true
    },
  }
}

function overdrawn(at: SourceRange | undefined): TsbuildError {
  return new TsbuildError('TSB_EXPANSION_LIMIT', 'the values of this Dockerfile come to more than 64 MiB', {
    at,
    hint: 'put what is long into a file and COPY it',
  })
}
