import { isSpace } from './characters.ts'
import type { Escape } from './directives.ts'
import { type Line, lineAt } from './lines.ts'

/** The lines of one instruction as one: without continuation characters, comment and empty lines. */
export interface JoinedLines {
  readonly text: string
  /** Where in the file the text comes from: from `index` on, it is the file's text from `offset` on. */
  readonly pieces: readonly { readonly index: number; readonly offset: number }[]
  /** Offsets in the file: of the first character, after the last line, and of the line below. */
  readonly start: number
  readonly end: number
  readonly next: number
  /** There was an empty line in the middle. */
  readonly emptyLine: boolean
}

/** Joins the line of an instruction with those that continue it, until there are more than `limit` characters. */
export function joinLines(text: string, first: Line, escapeChar: Escape, limit: number): JoinedLines {
  const parts: string[] = []
  const pieces: { index: number; offset: number }[] = []
  let length = 0
  let emptyLine = false
  let last = first
  const add = (line: Line): boolean => {
    const mark = continuation(text, line, escapeChar)
    const end = mark ?? line.end
    if (end > line.start) {
      pieces.push({ index: length, offset: line.start })
      parts.push(text.slice(line.start, end))
      length += end - line.start
    }
    return mark !== undefined
  }
  let open = add(first)
  while (open && length <= limit) {
    const line = lineAt(text, last.next)
    if (!line) break
    last = line
    const content = contentStart(text, line)
    if (content === line.end) emptyLine = true
    else if (text[content] !== '#') open = add(line)
  }
  return { text: parts.join(''), pieces, start: first.start, end: last.end, next: last.next, emptyLine }
}

function contentStart(text: string, line: Line): number {
  let at = line.start
  while (at < line.end && isSpace(text.charCodeAt(at))) at++
  return at
}

/**
 * Offset of the escape character that continues a line: the last but for blanks and tabs, and not doubled. Whether the
 * one before it is escaped itself is not asked: BuildKit does not either.
 */
function continuation(text: string, line: Line, escapeChar: Escape): number | undefined {
  let end = line.end
  while (end > line.start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--
  if (end === line.start || text[end - 1] !== escapeChar) return undefined
  return end - 1 > line.start && text[end - 2] === escapeChar ? undefined : end - 1
}
