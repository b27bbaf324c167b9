import { maskLogins } from '../../logins.ts'
import { formatPlace, type SourceRange } from '../../source.ts'
import { visible } from './escape.ts'

/** Lines shown around the ones to blame. */
const context = 4
const rule = '--------------------'

/**
 * The place and the lines around it, those to blame marked with `>>>`, as BuildKit shows them; logins in URLs as stars. Ends
 * with a line feed.
 */
export function excerpt(at: SourceRange): string {
  const lines = maskLogins(at.source.text).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const last = Math.max(at.start.line, at.end.column === 0 ? at.end.line - 1 : at.end.line)
  const shown = surroundings(at.start.line, Math.min(last, lines.length - 1), lines.length)
  const texts = lines.slice(shown.start, shown.end + 1).flatMap((line, i) => {
    const number = shown.start + i
    const blamed = number >= at.start.line && number <= last
    const text = ` ${String(number + 1).padStart(3)} | ${blamed ? '>>> ' : '    '}${visible(line)}`.trimEnd()
    return blamed && at.start.line === last ? [text, ...caret(line, at)] : [text]
  })
  return `${[visible(formatPlace(at)), rule, ...texts, rule].join('\n')}\n`
}

/** The blamed lines and in all 4 more, taken in turn from above and below. */
function surroundings(first: number, last: number, count: number): { readonly start: number; readonly end: number } {
  let [start, end, added] = [first, last, 0]
  while (added < context && (start > 0 || end < count - 1)) {
    if (start > 0) [start, added] = [start - 1, added + 1]
    if (end < count - 1) [end, added] = [end + 1, added + 1]
  }
  return { start, end }
}

/** A line with `^^^` below the part to blame, unless that is the whole line. */
function caret(line: string, at: SourceRange): readonly string[] {
  const until = Math.min(at.end.line === at.start.line ? at.end.column : line.length, line.length)
  const before = line.slice(0, at.start.column)
  const blamed = line.slice(at.start.column, until)
  if (blamed === '' || blamed.trim() === line.trim()) return []
  const indent = visible(before).replace(/[^\t]/g, ' ')
  return [`     |     ${indent}${'^'.repeat(visible(blamed).length)}`]
}
