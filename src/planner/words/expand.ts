import { createBudget } from './budget.ts'
import type { Lookup } from './lookup.ts'
import { newWordList } from './word-list.ts'
import { type Rules, WordReader } from './word-reader.ts'

export type Escape = '\\' | '`'

/** A text after expansion. */
export interface Expansion {
  readonly value: string
  /** The variables that were asked for and are set. */
  readonly used: ReadonlySet<string>
  /** The variables that were asked for and are not set, also those with a default. */
  readonly unset: ReadonlySet<string>
}

const shellLike = { quotes: 'remove', unset: 'empty' } as const

/**
 * Expands a text as one word: quotes and escapes are taken off, white space stays.
 * @param budget counts the work of patterns; values are counted by who keeps them
 * @throws {TsbuildError} without a place: TSB_EXPANSION_SYNTAX, TSB_EXPANSION_UNSET for `${x:?}`,
 * TSB_EXPANSION_PATTERN, TSB_EXPANSION_LIMIT
 */
export function expandWord(word: string, env: Lookup, escapeChar: Escape, budget = createBudget()): Expansion {
  return expand(word, env, { ...shellLike, limit: budget.longestValue, escape: escapeChar, budget })
}

/** Expands a text and parts it into words at the white space that is not quoted, also where a value brought it in. */
export function expandWords(text: string, env: Lookup, escapeChar: Escape, budget = createBudget()): readonly string[] {
  const reader = new WordReader(text, env, { ...shellLike, limit: budget.longestValue, escape: escapeChar, budget })
  const list = newWordList()
  reader.read(list)
  return list.words()
}

/** Expands the body of a COPY or ADD heredoc: quotes are text there, and the escape is always a backslash. */
export function expandBody(text: string, env: Lookup, budget = createBudget()): Expansion {
  return expand(text, env, { quotes: 'ignore', unset: 'empty', limit: budget.longestBody, escape: '\\', budget })
}

/** Fills in what is set and leaves the rest as written, quotes too: for the names that people see. */
export function expandForDisplay(text: string, env: Lookup, escapeChar: Escape, budget = createBudget()): Expansion {
  return expand(text, env, { quotes: 'keep', unset: 'keep', limit: budget.longestValue, escape: escapeChar, budget })
}

function expand(text: string, env: Lookup, rules: Rules): Expansion {
  const reader = new WordReader(text, env, rules)
  return { value: reader.read(), used: reader.used, unset: reader.unset }
}
