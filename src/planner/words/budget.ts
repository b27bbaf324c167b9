import { TsbuildError } from '../../errors.ts'
import type { SourceRange } from '../../source.ts'

/** Counts what all expansions of one kind come to: a value may be as long as the last one doubled, and be used often. */
export interface Budget {
  /** Counts the characters of a value. @throws {TsbuildError} TSB_EXPANSION_LIMIT when there are more than may be */
  spend(characters: number, at: SourceRange | undefined): void
  /** Counts characters that a pattern is held against; false when there are more than may be. */
  mayLookAt(characters: number): boolean
}

/** What keeping a value costs beside its characters. */
const costOfOne = 32

/** Characters that patterns of a file may be held against. An honest file asks for some thousands. */
const lookLimit = 100_000_000

/** @param limit characters that all values may have together: 64 Mi for what a build is made of */
export function createBudget(limit = 64 << 20): Budget {
  let [spent, lookedAt] = [0, 0]
  return {
    spend(characters, at) {
      spent += characters + costOfOne
      if (spent > limit) throw overdrawn(limit, at)
    },
    mayLookAt(characters) {
      lookedAt += characters
      return lookedAt <= lookLimit
    },
  }
}

function overdrawn(limit: number, at: SourceRange | undefined): TsbuildError {
  return new TsbuildError('TSB_EXPANSION_LIMIT', `the values of this Dockerfile come to more than ${limit >> 20} MiB`, {
    at,
    hint: 'put what is long into a file and COPY it',
  })
}
