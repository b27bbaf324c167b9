import { maskLogins } from '../../logins.ts'
import { formatPlace, type SourceFile, type SourceRange } from '../../source.ts'
import { visible } from '../../text/index.ts'

/** Lines shown around the ones to blame. */
const context = 4
/** Lines to blame that are shown: a heredoc may have thousands. */
const blamedLimit = 12
/** Characters of a line that are shown, and those before the part to blame when it stands further right. */
const widthLimit = 240
const lead = 40
const rule = '--------------------'

/** The lines of a text as they are shown: logins in URLs are stars. */
export type Lines = (source: SourceFile) => readonly string[]

const linesOf: Lines = ({ text }) => {
  const lines = maskLogins(text).split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** For several excerpts of one text: it is parted into lines once. */
export function rememberLines(): Lines {
  const known = new Map<SourceFile, readonly string[]>()
  return (source) => {
    const lines = known.get(source) ?? linesOf(source)
    known.set(source, lines)
    return lines
  }
}

/**
 * The place and the lines around it, those to blame marked with `>>>`, as BuildKit shows them. Ends with a line feed.
 * @param code of the error, to stand behind the place
 */
export function excerpt(at: SourceRange, code?: string, lines: Lines = linesOf): string {
  const place = visible(formatPlace(at)) + (code === undefined ? '' : `  [${code}]`)
  const shown = shownLines(at, lines(at.source), context)
  return `${[place, ...(shown.length > 0 ? [rule, ...shown, rule] : [])].join('\n')}\n`
}

/** The lines to blame alone, each with its line feed. */
export function blamedLines(at: SourceRange, lines: Lines = linesOf): string {
  return shownLines(at, lines(at.source), 0)
    .map((line) => `${line}\n`)
    .join('')
}

function shownLines(at: SourceRange, lines: readonly string[], around: number): readonly string[] {
  const last = Math.min(lastLine(at), lines.length - 1)
  const shown = surroundings(at.start.line, last, lines.length, around)
  const isLong = last - at.start.line >= blamedLimit
  const end = isLong ? at.start.line + blamedLimit - 1 : shown.end
  const texts = lines.slice(shown.start, end + 1).flatMap((line, i) => shownLine(line, shown.start + i, at))
  return isLong ? [...texts, `     | >>> … ${last - end} more lines`] : texts
}

function lastLine({ start, end }: SourceRange): number {
  return Math.max(start.line, end.column === 0 ? end.line - 1 : end.line)
}

/** The blamed lines and in all some more, taken in turn from above and below. */
function surroundings(first: number, last: number, count: number, around: number) {
  let [start, end, added] = [first, last, 0]
  while (added < around && (start > 0 || end < count - 1)) {
    if (start > 0) [start, added] = [start - 1, added + 1]
    if (end < count - 1) [end, added] = [end + 1, added + 1]
  }
  return { start, end }
}

/** A line with its number, and below it what is to blame in it. */
function shownLine(line: string, number: number, at: SourceRange): readonly string[] {
  const last = lastLine(at)
  const isBlamed = number >= at.start.line && number <= last
  const isOnlyOne = isBlamed && at.start.line === last
  const from = isOnlyOne && line.length > widthLimit ? Math.max(0, at.start.column - lead) : 0
  const part = `${from > 0 ? '…' : ''}${line.slice(from, from + widthLimit)}${line.length > from + widthLimit ? '…' : ''}`
  const text = ` ${String(number + 1).padStart(3)} | ${isBlamed ? '>>> ' : '    '}${visible(part)}`.trimEnd()
  return isOnlyOne ? [text, ...caret(line, part, from - (from > 0 ? 1 : 0), at)] : [text]
}

/** `^^^` below the part to blame, unless that is the whole line. `part` is what is shown of the line, from `shift` on. */
function caret(line: string, part: string, shift: number, { start, end }: SourceRange): readonly string[] {
  const until = end.line === start.line ? end.column : line.length
  const before = part.slice(0, start.column - shift)
  const blamed = part.slice(start.column - shift, until - shift)
  if (blamed === '' || line.slice(start.column, until).trim() === line.trim()) return []
  const indent = visible(before).replace(/[^\t]/g, ' ')
  return [`     |     ${indent}${'^'.repeat(visible(blamed).length)}`]
}
