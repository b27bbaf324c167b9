import { TsbuildError } from '../errors.ts'
import { type PathPattern, pathPattern } from './path-pattern.ts'

/**
 * Patterns in the order of a `.dockerignore` file, of which the last that matches decides. A path is matched when a
 * directory above it is, as far as that was looked at (`judge`); `!` takes back. Paths are relative, with `/`.
 */
export interface PatternList {
  /** True when the last pattern that matches the path, or a directory above it, has no `!`. */
  matches(path: string): boolean
  /** Index, in the patterns given, of the one that decided; undefined when none matches. */
  decider(path: string): number | undefined
  /** Indices of all that had a say, in order: each turned what those before it said; the last one decided. */
  trail(path: string): readonly number[]
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
  const root: Verdict = { matched: rules.map(() => false), deciding: undefined }
  const above = new Map([['', root]])
  const verdictOn = (directory: string): Verdict => {
    const unknown: string[] = []
    for (let at = directory; !above.has(at); at = parentOf(at)) unknown.push(at)
    let found = above.get(parentOf(unknown.at(-1) ?? '')) ?? root
    for (const at of unknown.reverse()) {
      found = judge(rules, at, found)
      above.set(at, found)
    }
    return above.get(directory) ?? root
  }
  const verdictAt = (path: string): Verdict =>
    path === '' || path === '.' ? root : judge(rules, path, verdictOn(parentOf(path)))
  const decidingRule = (path: string): Rule | undefined => verdictAt(path).deciding
  return {
    matches: (path) => decidingRule(path)?.takesBack === false,
    decider: (path) => decidingRule(path)?.index,
    trail(path) {
      const { matched } = verdictAt(path)
      return rules.flatMap(({ index }, at) => (matched[at] ? [index] : []))
    },
    mayDifferBelow(directory) {
      const deciding = decidingRule(directory)
      const matched = deciding?.takesBack === false
      const later = rules.filter((rule) => rule.index > (deciding?.index ?? -1) && rule.takesBack === matched)
      return later.some((rule) => directory === '' || rule.pattern.couldMatchBelow(directory))
    },
  }
}

/** What was found about a path. */
interface Verdict {
  /** For each rule, whether it was found to match the path or a directory above it. */
  readonly matched: readonly boolean[]
  readonly deciding: Rule | undefined
}

/**
 * A rule that would change nothing is not tried, and so not known to match when it comes to what is below: `!a` after
 * `x` does not take `a/x` back.
 */
function judge(rules: readonly Rule[], path: string, parent: Verdict): Verdict {
  let deciding: Rule | undefined
  const matched = rules.map((rule, index) => {
    const changes = rule.takesBack === (deciding?.takesBack === false)
    const matches = parent.matched[index] === true || (changes && rule.pattern.matches(path))
    if (matches) deciding = rule
    return matches
  })
  return { matched, deciding }
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
