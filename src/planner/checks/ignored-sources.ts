import type { SourceRange } from '../../source.ts'
import { cleanPattern, patternList } from '../../tree/index.ts'
import { goQuote } from '../go-format.ts'
import type { Warn } from './checks.ts'

/** Tells whether a source of COPY or ADD, without `.` and `..` in it, is surely taken away by the ignore file. */
export type IsIgnored = (path: string) => boolean

/** Patterns that take everything away. */
const everything: ReadonlySet<string> = new Set(['*', '**', '**/*'])

/**
 * @param patterns of an ignore file, in normal form. With a `!` among them nothing is sure: it may take back a part of what
 *   is copied.
 */
export function ignoredBy(patterns: readonly string[]): IsIgnored {
  if (patterns.some((pattern) => pattern.startsWith('!'))) return () => false
  const list = patternList(patterns)
  const root = patterns.some((pattern) => everything.has(pattern))
  return (path) => (path === '.' || path === '/' ? root : (root && path.startsWith('/')) || list.matches(path))
}

/** A source that is not in the context since the ignore file takes it away. Wildcards are taken as they stand. */
export function checkIgnoredSource(
  keyword: 'COPY' | 'ADD',
  { path, at }: { readonly path: string; readonly at: SourceRange },
  isIgnored: IsIgnored,
  warn: Warn,
): void {
  const clean = cleanPattern(path) || '.'
  if (!isIgnored(clean)) return
  const verb = keyword === 'ADD' ? 'Add' : 'Copy'
  const message = `Attempting to ${verb} file ${goQuote(clean)} that is excluded by .dockerignore`
  warn({ rule: 'CopyIgnoredFile', message, at })
}
