import { isBlank, isSpace, type Lexeme } from './characters.ts'
import type { Escape } from './directives.ts'

/** Words parted by blanks alone: quotes and escapes mean nothing. */
export function plainWords(rest: Lexeme): readonly Lexeme[] {
  const words: Lexeme[] = []
  let start = -1
  for (let i = 0; i <= rest.text.length; i++) {
    const between = i === rest.text.length || isBlank(rest.text.charCodeAt(i))
    if (!between && start < 0) start = i
    if (between && start >= 0) {
      words.push(part(rest, start, i))
      start = -1
    }
  }
  return words
}

/** The first word and what follows the blanks after it; `tail` is absent when there is no blank. */
export function firstWord(rest: Lexeme): { readonly head: Lexeme; readonly tail?: Lexeme } {
  let end = 0
  while (end < rest.text.length && !isBlank(rest.text.charCodeAt(end))) end++
  if (end === rest.text.length) return { head: rest }
  let next = end
  while (next < rest.text.length && isBlank(rest.text.charCodeAt(next))) next++
  return { head: part(rest, 0, end), tail: part(rest, next, rest.text.length) }
}

/** Words as ENV, LABEL and ARG have them: quotes and escapes hold a word together and stay in it. */
export function quotedWords(rest: Lexeme, escapeChar: Escape): readonly Lexeme[] {
  const { text } = rest
  const words: Lexeme[] = []
  let start = -1
  let quote = ''
  let i = 0
  for (; i < text.length; i++) {
    const char = text.charAt(i)
    if (quote === '' && isSpace(text.charCodeAt(i))) {
      if (start >= 0) words.push(part(rest, start, i))
      start = -1
      continue
    }
    if (start < 0) start = i
    if (char === escapeChar && quote !== "'") {
      if (i + 1 === text.length) break
      i++
    } else if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
  }
  if (start >= 0 && i > start) words.push(part(rest, start, Math.min(i, text.length)))
  return words
}

/** A part of a lexeme whose text is just what the place has. */
export function part(whole: Lexeme, start: number, end: number): Lexeme {
  return { text: whole.text.slice(start, end), start: whole.start + start, end: whole.start + end }
}
