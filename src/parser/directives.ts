import { TsbuildError } from '../errors.ts'
import { excerpt, isSpace, type Lexeme, trimmed } from './characters.ts'
import { type Line, lineAt } from './lines.ts'
import type { Places } from './places.ts'

export type Escape = '\\' | '`'

/** `# name=value` at the head of a file; the name is in lower case. */
export interface Directive {
  readonly name: string
  readonly value: string
  readonly start: number
  readonly end: number
}

const known: ReadonlySet<string> = new Set(['syntax', 'escape', 'check'])

/**
 * The parser directives at the head of a file: the first line that is anything else ends them.
 * @throws {TsbuildError} TSB_BAD_DIRECTIVE when one is given twice
 */
export function readDirectives(text: string, place: Places, from = headOf(text)): readonly Directive[] {
  const found: Directive[] = []
  for (let line = lineAt(text, from); line; line = lineAt(text, line.next)) {
    const directive = directiveOn(text, line, '#')
    if (!directive || !known.has(directive.name)) break
    if (found.some(({ name }) => name === directive.name)) {
      throw new TsbuildError('TSB_BAD_DIRECTIVE', `only one ${directive.name} parser directive can be used`, {
        at: place(directive.start, directive.end),
        hint: 'remove one of the two lines',
      })
    }
    found.push(directive)
  }
  return found
}

/** Offset after a byte order mark and a first line `#!`, which may stand before directives. */
function headOf(text: string): number {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  return startsProgram(text) ? (lineAt(text, start)?.next ?? start) : start
}

function startsProgram(text: string): boolean {
  return /^\ufeff?#!/.test(text)
}

function directiveOn(text: string, line: Line, marker: string): Directive | undefined {
  const whole = trimmed(text, line.start, line.end)
  if (!whole.text.startsWith(marker)) return undefined
  const equals = whole.text.indexOf('=')
  if (equals < 0) return undefined
  const name = trimmed(whole.text, marker.length, equals).text
  const value = trimmed(whole.text, equals + 1).text
  if (value === '' || !isName(name)) return undefined
  return { name: name.toLowerCase(), value, start: whole.start, end: whole.end }
}

function isName(text: string): boolean {
  return text.length <= 64 && /^[a-zA-Z][a-zA-Z0-9]*$/.test(text)
}

/**
 * The character that `# escape=` chooses. Unlike the other directives it does not count below a `#!` line.
 * @throws {TsbuildError} TSB_BAD_DIRECTIVE for anything but a backslash or a backtick
 */
export function escapeOf(text: string, directives: readonly Directive[], place: Places): Escape {
  const directive = directives.find(({ name }) => name === 'escape')
  if (!directive || startsProgram(text)) return '\\'
  if (directive.value === '\\' || directive.value === '`') return directive.value
  throw new TsbuildError(
    'TSB_BAD_DIRECTIVE',
    `invalid escape token '${excerpt(directive.value)}' does not match \` or \\`,
    {
      at: place(directive.start, directive.end),
      hint: 'write # escape=\\ or # escape=`',
    },
  )
}

/** The front end that a file asks for: `# syntax=`, `// syntax=` or a JSON object with a `syntax` member. */
export function detectSyntax(text: string): { readonly value: string; readonly range: Lexeme } | undefined {
  return syntaxDirective(text, '#') ?? syntaxDirective(text, '//') ?? syntaxMember(text)
}

function syntaxDirective(text: string, marker: string) {
  for (let line = lineAt(text, headOf(text)); line; line = lineAt(text, line.next)) {
    const directive = directiveOn(text, line, marker)
    if (!directive) return undefined
    if (directive.name === 'syntax') return { value: directive.value, range: { ...directive, text: directive.value } }
    if (!known.has(directive.name)) return undefined
  }
  return undefined
}

/** A JSON "Dockerfile" of another front end is small: a large text is not even tried. */
const jsonLimit = 1 << 20

function syntaxMember(text: string) {
  const start = trimmed(text, 0, Math.min(text.length, 1024)).start
  if (text[start] !== '{' || text.length > jsonLimit) return undefined
  const value = memberOf(text)
  return typeof value === 'string' ? { value, range: { text: value, start, end: start + 1 } } : undefined
}

function memberOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed !== null && typeof parsed === 'object' && 'syntax' in parsed ? parsed.syntax : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The image that a syntax directive names: its value up to the first blank. */
export function syntaxImage(value: string): string {
  let end = 0
  while (end < value.length && !isSpace(value.charCodeAt(end))) end++
  return value.slice(0, end)
}
