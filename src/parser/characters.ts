import { withoutLogins } from '../logins.ts'

/** What Unicode and BuildKit call white space. */
export function isSpace(code: number): boolean {
  if (code <= 32) return code === 32 || (code >= 9 && code <= 13)
  if (code < 0x1680) return code === 0x85 || code === 0xa0
  return (code >= 0x2000 && code <= 0x200a) || rareSpaces.has(code)
}

const rareSpaces: ReadonlySet<number> = new Set([0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000])

/** White space that parts the words of an instruction: fewer than `isSpace`, a no-break space belongs to its word. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 11 || code === 12 || code === 13
}

/** A part of a text, with the place it was taken from; `text` may lack quotes and escapes that the place has. */
export interface Lexeme {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The part from `start` to `end` without white space at both ends. */
export function trimmed(text: string, start = 0, end = text.length): Lexeme {
  let [from, to] = [start, end]
  while (from < to && isSpace(text.charCodeAt(from))) from++
  while (from < to && isSpace(text.charCodeAt(to - 1))) to--
  return { text: text.slice(from, to), start: from, end: to }
}

/** As much of a text as a message should show, without the logins of URLs: a password cut in two would not be known as one. */
export function excerpt(text: string, limit = 100): string {
  const shown = withoutLogins(text)
  return shown.length > limit ? `${shown.slice(0, limit)}…` : shown
}

/** An excerpt in double quotes. */
export function quoted(text: string): string {
  return JSON.stringify(excerpt(text))
}
