import { TsbuildError } from '../../errors.ts'
import type { Budget } from './budget.ts'

/** Makes the error of an expansion: the text that was expanded, then what is wrong with it. */
export type Fail = (code: string, problem: string, hint?: string) => TsbuildError

/** What an expansion may cost, in characters looked at; much more than an honest Dockerfile needs. */
const workLimit = 50_000_000

/** Counts what one expansion costs, so that no pattern or nesting keeps a build busy for long. */
export interface Work {
  readonly fail: Fail
  /** @throws {TsbuildError} TSB_EXPANSION_LIMIT when it is more than a text may ask for */
  spend(characters: number): void
}

/** @param budget of all expansions that this one is among */
export function startWork(text: string, budget: Budget): Work {
  let spent = 0
  const fail: Fail = (code, problem, hint) =>
    new TsbuildError(code, `failed to process ${JSON.stringify(excerpt(text))}: ${problem}`, { hint })
  return {
    fail,
    spend(characters) {
      spent += characters
      if (spent > workLimit || !budget.mayLookAt(characters))
        throw fail('TSB_EXPANSION_LIMIT', 'the patterns in it take too long to match', 'write simpler patterns')
    },
  }
}

function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
