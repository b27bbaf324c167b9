import { TsbuildError } from '../errors.ts'
import { type PathPattern, pathPattern } from './path-pattern.ts'

/**
 * Patterns in the order of a `.dockerignore` file, of which the last that matches decides. A path is matched when a
 * directory above it is; `!` takes back. Paths are relative, with `/`.
 */
export interface PatternList {
  /** True when the last pattern that matches the path, or a directory above it, has no `!`. */
  matches(path: string): boolean
  /** Index, in the patterns given, of the one that decided; undefined when none matches. */
  decider(path: string): number | undefined
  /** False when every path below this directory has the same answer as the directory. */
  mayDifferBelow(directory: string): boolean
}

/**
 * @param patterns as written in the file or the flag: blanks around them do not count, nor do empty ones
 * @throws {TsbuildError} TSB_PATTERN for a syntax error, or `!` alone
 * @see https://github.com/moby/patternmatcher
 */
export function patternList(patterns: readonly string[]): PatternList {
  const rules = patterns.flatMap(readRule)
  const above = new Map<string, readonly boolean[]>([['', rules.map(() => false)]])
  /** Which rules match a directory or one above it. */
  const matchedAt = (directory: string): readonly boolean[] => {
    const unknown: string[] = []
    for (let at = directory; !above.has(at); at = parentOf(at)) unknown.push(at)
    for (let at = unknown.pop(); at !== undefined; at = unknown.pop()) {
      const inherited = above.get(parentOf(at)) ?? []
      const here = at
      above.set(
        at,
        rules.map((rule, index) => inherited[index] === true || rule.pattern.matches(here)),
      )
    }
    return above.get(directory) ?? []
  }
  const decidingRule = (path: string): Rule | undefined => {
    if (path === '' || path === '.') return undefined
    const inherited = matchedAt(parentOf(path))
    return rules.findLast((rule, index) => inherited[index] === true || rule.pattern.matches(path))
  }
  return {
    matches: (path) => decidingRule(path)?.takesBack === false,
    decider: (path) => decidingRule(path)?.index,
    mayDifferBelow(directory) {
      const deciding = decidingRule(directory)
      const matched = deciding?.takesBack === false
      const later = rules.filter((rule) => rule.index > (deciding?.index ?? -1) && rule.takesBack === matched)
      return later.some((rule) => directory === '' || rule.pattern.couldMatchBelow(directory))
    },
  }
}

interface Rule {
  readonly pattern: PathPattern
  readonly takesBack: boolean
  readonly index: number
}

function readRule(text: string, index: number): readonly Rule[] {
  const cleaned = cleanPattern(trimBlanks(text))
  if (cleaned === '') return []
  const takesBack = cleaned.startsWith('!')
  if (cleaned === '!')
    throw new TsbuildError('TSB_PATTERN', 'illegal exclusion pattern: "!"', { hint: 'write a path behind the !' })
  return [{ pattern: pathPattern(takesBack ? cleaned.slice(1) : cleaned), takesBack, index }]
}

/** Go's `filepath.Clean` for what is not empty: no `//`, `.` or `x/..`; `..` stays at the beginning of a relative path. */
export function cleanPattern(text: string): string {
  if (text === '') return ''
  const isRooted = text.startsWith('/')
  const pieces: string[] = []
  for (const piece of text.split('/')) {
    if (piece === '' || piece === '.') continue
    if (piece !== '..') pieces.push(piece)
    else if (pieces.length > 0 && pieces.at(-1) !== '..') pieces.pop()
    else if (!isRooted) pieces.push(piece)
  }
  return `${isRooted ? '/' : ''}${pieces.join('/')}` || '.'
}

/** Without the blanks around it: those of Go's `unicode.IsSpace`, to which a byte order mark does not belong. */
export function trimBlanks(text: string): string {
  return text.replace(leadingBlanks, '').replace(trailingBlanks, '')
}

const blank = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const leadingBlanks = new RegExp(`^${blank}+`)
const trailingBlanks = new RegExp(`(?<!${blank})${blank}+$`)

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
