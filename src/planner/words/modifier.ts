import type { TsbuildError } from '../../errors.ts'
import { readPattern, replace, reversePattern, trimEnd, trimStart } from './pattern.ts'
import type { Work } from './work.ts'

/** What an operator is where the text ends, in the messages of BuildKit. */
export const endOfText = '\uFFFD'

const closeBrace = 'close it with }'

/** What stands after the name in `${name:-word}`. */
export interface Modifier {
  readonly name: string
  /** One of `-+?#%`; with more than that it is not known. */
  readonly operator: string
  /** There is a `:`: an empty value counts as unset. */
  readonly nullIsUnset: boolean
  /** Expanded already. */
  readonly word: string
}

/**
 * The value of `${name:-word}` and its like.
 * @throws {TsbuildError} TSB_EXPANSION_UNSET, TSB_EXPANSION_PATTERN, TSB_EXPANSION_SYNTAX
 */
export function applyModifier(modifier: Modifier, value: string | undefined, work: Work): string {
  const { operator, nullIsUnset, word } = modifier
  const usable = value !== undefined && !(nullIsUnset && value === '')
  switch (operator) {
    case '-':
      return usable ? value : word
    case '+':
      return usable ? word : ''
    case '?':
      if (usable) return value
      throw missing(modifier, value, work)
    case '#':
    case '%':
      return trim(modifier, value ?? '', work)
    default:
      throw unsupported(`${nullIsUnset ? ':' : ''}${operator}`, work)
  }
}

function missing({ name, word }: Modifier, value: string | undefined, work: Work): TsbuildError {
  const reason = word || (value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty')
  return work.fail('TSB_EXPANSION_UNSET', `${name}: ${reason}`, `give it a value, as with --build-arg ${name}=VALUE`)
}

function trim({ operator, word }: Modifier, value: string, work: Work): string {
  const longest = word.startsWith(operator)
  const text = longest ? word.slice(1) : word
  return operator === '#'
    ? trimStart(value, patternOf(text, work), longest, work)
    : trimEnd(value, patternOf(text, work, reversePattern), longest, work)
}

/** The value of `${name/pattern/by}`, or of `${name//pattern/by}` for every match. */
export function applyReplacement(value: string, pattern: string, by: string, every: boolean, work: Work): string {
  return replace(value, patternOf(pattern, work), by, every, work)
}

function patternOf(text: string, work: Work, prepare = (written: string) => written) {
  const pattern = readPattern(prepare(text))
  if (!('problem' in pattern)) return pattern
  const problem = `invalid pattern (${text}) in substitution: ${pattern.problem}`
  throw work.fail('TSB_EXPANSION_PATTERN', problem, 'a backslash may stand before *, ?, /, } and itself')
}

/** The error for an operator that is none. */
export function unsupported(operator: string, work: Work): TsbuildError {
  const hint = operator.endsWith(endOfText) ? closeBrace : 'a modifier is one of :- - :+ + :? ? # ## % %% / //'
  return work.fail('TSB_EXPANSION_SYNTAX', `unsupported modifier (${operator}) in substitution`, hint)
}
