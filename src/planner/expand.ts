import { atPlace } from '../errors.ts'
import type { Heredoc, Pair, Word } from '../parser/index.ts'
import type { SourceRange } from '../source.ts'
import { checkVariables } from './checks/undefined-variables.ts'
import { withUpperKeyword } from './label.ts'
import type { StageScope } from './scope.ts'
import type { StageState } from './state.ts'
import type { Variables } from './variables.ts'
import {
  type Budget,
  type Expansion,
  expandBody,
  expandForDisplay,
  expandWord,
  expandWords,
  type Lookup,
  lookupIn,
} from './words/index.ts'

/** How the words of a file are read. */
export interface Reading {
  /** `# escape=` */
  readonly escape: '\\' | '`'
  /** Of all words that are read so. */
  readonly budget: Budget
}

/** A word of an instruction with its variables put in and its quotes taken away. */
export function expand(word: Word, state: StageState, scope: StageScope): string {
  return expandText(word.text, word.at, state, scope)
}

/** As `expand`, for a flag that may be absent; one that comes out empty counts as absent. */
export function expandOptional(word: Word | undefined, state: StageState, scope: StageScope): string | undefined {
  return word && (expand(word, state, scope) || undefined)
}

/** As `expand`, for a text that is only a part of what stands at a place. */
export function expandText(text: string, at: SourceRange, state: StageState, scope: StageScope): string {
  return told(
    placed(at, () => expandWord(text, lookupIn(state.variables), scope.escape, scope.budget)),
    at,
    state,
    scope,
  )
}

/** As `expand`, for EXPOSE: the result is parted at blanks that are not quoted. BuildKit does not miss a variable there. */
export function expandToWords(word: Word, state: StageState, scope: StageScope): readonly string[] {
  const { text, at } = word
  const variables = lookupIn(state.variables)
  const expansion = placed(at, () => expandWord(text, variables, scope.escape, scope.budget))
  scope.budget.spend(expansion.value.length, at)
  checkVariables(expansion, at, state, scope.warn, 'tsbuild/UndefinedPort')
  return placed(at, () => expandWords(text, variables, scope.escape, scope.budget))
}

/** Names and values of ENV or LABEL. All see the variables as they were before the instruction. */
export function expandPairs(
  pairs: readonly Pair[],
  state: StageState,
  scope: StageScope,
): readonly (readonly [name: string, value: string])[] {
  return pairs.map(({ name, value }) => [expand(name, state, scope), expand(value, state, scope)])
}

/** A heredoc body of COPY or ADD. */
export function expandHeredoc(heredoc: Heredoc, state: StageState, scope: StageScope): string {
  const { text, at } = heredoc
  return told(
    placed(at, () => expandBody(text, lookupIn(state.variables), scope.budget)),
    at,
    state,
    scope,
  )
}

/** A word of FROM or of a global ARG. */
export function expandGlobal(word: Word, variables: Variables, reading: Reading): string {
  return placed(word.at, () => expandWord(word.text, lookupIn(variables), reading.escape, reading.budget)).value
}

/**
 * An instruction as progress shows it: known variables put in, all else as written. A variable that a secret brings is
 * shown as stars.
 */
export function expandLabel(
  text: string,
  state: StageState,
  scope: StageScope,
  secrets: readonly string[] = [],
): string {
  const { get, names } = lookupIn(state.variables)
  const shown: Lookup = { get: (name) => (secrets.includes(name) ? '****' : get(name)), names }
  try {
    const { value } = expandForDisplay(text, shown, scope.escape, scope.labelBudget)
    scope.labelBudget.spend(Math.max(0, value.length - text.length), undefined)
    return withUpperKeyword(value)
  } catch {
    // What progress shows of an instruction is never a reason to fail: RUN texts are no words of ours, and may be too long.
    return withUpperKeyword(text)
  }
}

function told(expansion: Expansion, at: SourceRange, state: StageState, scope: StageScope): string {
  scope.budget.spend(expansion.value.length, at)
  checkVariables(expansion, at, state, scope.warn)
  return expansion.value
}

function placed<T>(at: SourceRange, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw atPlace(error, at)
  }
}
