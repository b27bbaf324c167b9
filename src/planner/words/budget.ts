import { TsbuildError } from '../../errors.ts'
import { limitHint, limitTable } from '../../limits.ts'
import type { SourceRange } from '../../source.ts'

/** Counts what all expansions of one kind come to: a value may be as long as the last one doubled, and be used often. */
export interface Budget {
  /** Characters that one value may have. */
  readonly longestValue: number
  /** Characters that the body of a heredoc may have. */
  readonly longestBody: number
  /** Counts the characters of a value. @throws {TsbuildError} TSB_EXPANSION_LIMIT when there are more than may be */
  spend(characters: number, at: SourceRange | undefined): void
  /** Counts characters that a pattern is held against; false when there are more than may be. */
  mayLookAt(characters: number): boolean
}

/** What texts may come to. */
export interface WordLimits {
  /** Bytes of a Dockerfile. The body of a heredoc may have as many characters. */
  readonly dockerfile: number
  /** Characters of one value. */
  readonly value: number
  /** Characters of all values together. */
  readonly values: number
}

const usualLimits: WordLimits = {
  dockerfile: limitTable['dockerfile-bytes'].default,
  value: limitTable['expanded-value'].default,
  values: limitTable['expanded-values'].default,
}

/** What keeping a value costs beside its characters. */
const costOfOne = 32

/** Characters that patterns of a file may be held against. An honest file asks for some thousands. */
const lookLimit = 100_000_000

export function createBudget({ dockerfile, value, values } = usualLimits): Budget {
  let [spent, lookedAt] = [0, 0]
  return {
    longestValue: value,
    longestBody: dockerfile,
    spend(characters, at) {
      spent += characters + costOfOne
      if (spent > values) throw overdrawn(values, at)
    },
    mayLookAt(characters) {
      lookedAt += characters
      return lookedAt <= lookLimit
    },
  }
}

function overdrawn(limit: number, at: SourceRange | undefined): TsbuildError {
  return new TsbuildError(
    'TSB_EXPANSION_LIMIT',
    `the values of this Dockerfile come to more than ${shownCharacters(limit)}`,
    {
      at,
      hint: `put what is long into a file and COPY it; ${limitHint('expanded-values')}`,
    },
  )
}

function shownCharacters(count: number): string {
  return count % 2 ** 20 === 0 ? `${count / 2 ** 20} MiB` : `${count} characters`
}
