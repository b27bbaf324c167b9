import { TsbuildError } from '../errors.ts'
import { isSpace, type Lexeme, quoted } from './characters.ts'
import { lineAt } from './lines.ts'
import { shellParts } from './shell-parts.ts'

/** `<<WORD` as it is written on an instruction's line. */
export interface HeredocWord {
  /** Without quotes. */
  readonly name: string
  /** False when any part of the word is quoted. */
  readonly expand: boolean
  readonly chomp: boolean
  readonly fd: number
}

/** A here-document with its body as written: leading tabs are still there for `<<-`. */
export interface HeredocBody extends HeredocWord {
  readonly raw: string
  /** The `<<WORD` in the text of its statement. */
  readonly word: Lexeme
}

/** The heredocs that a line starts, in order; none when its quotes are not closed. */
export function heredocWords(line: string): readonly (HeredocWord & { readonly word: Lexeme })[] {
  const found: (HeredocWord & { readonly word: Lexeme })[] = []
  for (const word of shellParts(line) ?? []) {
    const heredoc = readHeredocWord(word.text)
    if (heredoc) found.push({ ...heredoc, word })
  }
  return found
}

/**
 * Reads `3<<-'EOF'`; undefined when the word is not a heredoc.
 * @throws {TsbuildError} TSB_BAD_HEREDOC for a quote that is not closed
 */
export function readHeredocWord(word: string): HeredocWord | undefined {
  const arrows = word.indexOf('<<')
  if (arrows < 0 || !isDigits(word, arrows)) return undefined
  const chomp = word[arrows + 2] === '-'
  const rest = word.slice(arrows + (chomp ? 3 : 2))
  if (rest === '' || rest.includes('<')) return undefined
  const name = unquote(rest)
  if (name === undefined) return undefined
  return { name: name.text, expand: !name.isQuoted, chomp, fd: descriptor(word.slice(0, arrows)) }
}

function isDigits(text: string, end: number): boolean {
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

function descriptor(digits: string): number {
  return digits === '' ? 0 : Math.min(Number(digits.slice(0, 20)), Number.MAX_SAFE_INTEGER)
}

/** A single word without its quotes; undefined when there is none or more than one. */
function unquote(text: string): { readonly text: string; readonly isQuoted: boolean } | undefined {
  const parts: string[] = []
  let [isQuoted, open, done] = [false, false, false]
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (isSpace(text.charCodeAt(i))) {
      done = open
      continue
    }
    if (done) return undefined
    open = true
    if (char === "'" || char === '"') {
      isQuoted = true
      const end = closingQuote(text, i)
      parts.push(char === '"' ? withoutEscapes(text.slice(i + 1, end)) : text.slice(i + 1, end))
      i = end
    } else if (char === '\\') parts.push(text.charAt(++i))
    else parts.push(char)
  }
  const name = parts.join('')
  return name === '' ? undefined : { text: name, isQuoted }
}

/** Offset of the quote that closes the one at `start`. */
function closingQuote(text: string, start: number): number {
  const quote = text.charAt(start)
  for (let i = start + 1; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === quote) return i
    if (quote === '"' && char === '\\' && '"$\\'.includes(text.charAt(i + 1))) i++
  }
  throw new TsbuildError(
    'TSB_BAD_HEREDOC',
    `failed to process ${quoted(text)}: unexpected end of statement while looking for matching ` +
      `${quote === '"' ? 'double' : 'single'}-quote`,
    { hint: 'name the heredoc with a plain word' },
  )
}

function withoutEscapes(text: string): string {
  return text.replaceAll(/\\(["$\\])/g, '$1')
}

/**
 * The body of a heredoc from an offset on: lines up to one that is only the name. Undefined when that never comes.
 * @returns `end` is the end of the terminating line, `next` is after it
 */
export function readBody(text: string, from: number, { name, chomp }: HeredocWord) {
  for (let line = lineAt(text, from); line; line = lineAt(text, line.next)) {
    let start = line.start
    while (chomp && start < line.end && text.charCodeAt(start) === 9) start++
    if (line.end - start === name.length && text.startsWith(name, start)) {
      return { raw: text.slice(from, line.start), end: line.end, next: line.next }
    }
  }
  return undefined
}

/** A body without the tabs at the start of its lines. */
export function chompTabs(text: string): string {
  return text.replaceAll(/^\t+/gm, '')
}
