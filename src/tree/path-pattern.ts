import { nameMatcher } from './match-name.ts'
import { pathRegexp } from './path-regexp.ts'

/** One pattern of `.dockerignore` or `--exclude`, for a path as a whole; what holds for directories above is not asked. */
export interface PathPattern {
  matches(path: string): boolean
  /** Some path below this directory could match. */
  couldMatchBelow(directory: string): boolean
}

/** How a pattern is compared. Docker's own four ways, since some of its edges come from them. */
export type PatternForm =
  | { readonly kind: 'exact' | 'prefix' | 'suffix'; readonly text: string }
  | { readonly kind: 'regexp'; readonly source: string }

/**
 * @param pattern cleaned: no `!`, no blanks around it, no `./`, no `/` at the end
 * @throws {TsbuildError} TSB_PATTERN
 * @see https://github.com/moby/patternmatcher
 */
export function pathPattern(pattern: string): PathPattern {
  nameMatcher(pattern)
  const form = formOf(pattern)
  switch (form.kind) {
    case 'exact':
      return {
        matches: (path) => path === form.text,
        couldMatchBelow: (directory) => form.text.startsWith(`${directory}/`),
      }
    case 'prefix':
      return {
        matches: (path) => path.startsWith(form.text),
        couldMatchBelow: (directory) => form.text.startsWith(`${directory}/`) || `${directory}/`.startsWith(form.text),
      }
    case 'suffix':
      return { matches: (path) => endsWith(path, form.text), couldMatchBelow: () => true }
    case 'regexp': {
      const regexp = pathRegexp(form.source)
      return { matches: regexp.matches, couldMatchBelow: (directory) => regexp.couldGoOn(`${directory}/`) }
    }
  }
}

/** `**` and `/x` at the end of a path also means `x` alone. */
function endsWith(path: string, suffix: string): boolean {
  return path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1))
}

/** Which form a pattern has. The source of a regular expression is written without `^` and `$`. */
export function formOf(pattern: string): PatternForm {
  const characters = [...pattern]
  let kind: PatternForm['kind'] = 'exact'
  let source = ''
  for (let at = 0; at < characters.length; ) {
    const part = partAt(characters, at)
    source += part.source
    kind = at === 0 && part.spans ? 'suffix' : nextKind(kind, part)
    at += part.length
  }
  if (kind === 'regexp') return { kind, source }
  return { kind, text: kind === 'prefix' ? pattern.slice(0, -2) : kind === 'suffix' ? pattern.slice(2) : pattern }
}

/** A piece of a pattern as a regular expression. */
interface Part {
  readonly source: string
  readonly length: number
  /** Only a regular expression can say it. */
  readonly isWild: boolean
  /** `**`; the last one of a pattern is `final`. */
  readonly spans?: 'final' | 'inner'
}

function nextKind(kind: PatternForm['kind'], part: Part): PatternForm['kind'] {
  if (part.spans === 'final' && kind === 'exact') return 'prefix'
  return part.isWild ? 'regexp' : kind
}

function partAt(characters: readonly string[], at: number): Part {
  const [character = '', next] = characters.slice(at, at + 2)
  if (character === '*') return starsAt(characters, at)
  if (character === '?') return { source: '[^/]', length: 1, isWild: true }
  if (character === '\\' && next !== undefined) return { source: `\\${next}`, length: 2, isWild: true }
  if ('.+()|{}$\\'.includes(character)) return { source: `\\${character}`, length: 1, isWild: false }
  return { source: character, length: 1, isWild: character === '[' || character === ']' }
}

/** `**` spans directories, and takes a slash behind it along. */
function starsAt(characters: readonly string[], at: number): Part {
  if (characters[at + 1] !== '*') return { source: '[^/]*', length: 1, isWild: true }
  const length = characters[at + 2] === '/' ? 3 : 2
  const isFinal = at + length >= characters.length
  return { source: isFinal ? '.*' : '(.*/)?', length, isWild: true, spans: isFinal ? 'final' : 'inner' }
}
