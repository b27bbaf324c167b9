import { type ErrorDetails, TsbuildError } from '../errors.ts'
import type { SourceFile, SourceRange } from '../source.ts'
import { cleanPattern, patternList, trimBlanks } from '../tree/index.ts'

/** A pattern of a `.dockerignore` file in normal form: relative to the context, `!` in front of one that takes back. */
export interface IgnoreRule {
  readonly pattern: string
  readonly at: SourceRange
}

/**
 * Reads a `.dockerignore` file. A line with `#` as its very first character is a comment; blanks around a pattern, `./`, `//`,
 * `x/..`, one leading `/` and a `/` at the end do not count.
 * @throws {TsbuildError} TSB_IGNORE_PATTERN, pointing at the line
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function readIgnoreFile(source: SourceFile): readonly IgnoreRule[] {
  const rules = source.text.split('\n').flatMap((line, index) => {
    const pattern = normalPattern(index === 0 ? line.replace(/^\ufeff/, '') : line)
    return pattern === undefined ? [] : [{ pattern, at: rangeOf(source, index, line) }]
  })
  for (const rule of rules) check(rule)
  return rules
}

/** Undefined for a comment or an empty line. */
function normalPattern(line: string): string | undefined {
  const text = trimBlanks(line)
  if (line.startsWith('#') || text === '') return undefined
  if (!text.startsWith('!')) return relative(text)
  return `!${relative(trimBlanks(text.slice(1)))}`
}

function relative(text: string): string {
  const cleaned = cleanPattern(text)
  return cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned
}

function rangeOf(source: SourceFile, line: number, text: string): SourceRange {
  const end = text.trimEnd().length
  return { source, start: { line, column: Math.min(text.search(/\S|$/), end) }, end: { line, column: end } }
}

function check({ pattern, at }: IgnoreRule): void {
  try {
    patternList([pattern])
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const details: ErrorDetails = { at, hint: error.hint, cause: error }
    throw new TsbuildError('TSB_IGNORE_PATTERN', error.message, details)
  }
}
