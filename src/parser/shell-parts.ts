import { isSpace, type Lexeme } from './characters.ts'

/**
 * The words of a line as a shell would part them, quotes and escapes kept; `<<` keeps the white space after it, since
 * `<< EOF` starts a heredoc. Undefined when a quote or brace is not closed. Heredoc words know the backslash only.
 */
export function shellParts(line: string): readonly Lexeme[] | undefined {
  const parts: Lexeme[] = []
  /** What closes the quotes and braces that are open: `"`, `}` or `/`. */
  const open: string[] = []
  let start = -1
  let i = 0
  while (i < line.length) {
    if (open[0] !== '"' && isSpace(line.charCodeAt(i))) {
      if (start >= 0) parts.push({ text: line.slice(start, i), start, end: i })
      start = -1
      i++
      continue
    }
    if (start < 0) start = i
    const next = step(line, i, open)
    if (next === undefined) return undefined
    i = next
  }
  if (open.length > 0) return undefined
  if (start >= 0) parts.push({ text: line.slice(start), start, end: line.length })
  return parts
}

/** Passes one character or a construct that belongs together; undefined for one that is not closed or not known. */
function step(line: string, at: number, open: string[]): number | undefined {
  const char = line.charAt(at)
  const stop = open.at(-1)
  if (char === stop) {
    open.pop()
    return at + 1
  }
  if (char === '\\') return at + (stop === '"' && !'"$\\'.includes(line.charAt(at + 1)) ? 1 : 2)
  if (char === '$') return line[at + 1] === '{' ? openBrace(line, at + 2, open) : at + 1
  if (stop === '"') return at + 1
  if (char === '"') open.push('"')
  if (char === "'") return afterSingleQuotes(line, at)
  if (char === '<' && line[at + 1] === '<') return afterBlanks(line, at + 2)
  return at + 1
}

function afterSingleQuotes(line: string, at: number): number | undefined {
  const end = line.indexOf("'", at + 1)
  return end < 0 ? undefined : end + 1
}

function afterBlanks(line: string, at: number): number {
  let end = at
  while (end < line.length && isSpace(line.charCodeAt(end))) end++
  return end
}

/** `${name`, then `}` or an operator with its operands, which are left to the loop. */
function openBrace(line: string, at: number, open: string[]): number | undefined {
  if (at >= line.length || '{}:'.includes(line.charAt(at))) return undefined
  let end = afterName(line, at)
  const operator = line[end] === ':' ? line.charAt(++end) : line.charAt(end)
  if (operator === '}' && line[end - 1] !== ':') return end + 1
  if (operator === '/') {
    open.push('}', '/')
    return line[end + 1] === '/' ? end + 2 : end + 1
  }
  if (!'-+?#%'.includes(operator) || operator === '') return undefined
  open.push('}')
  return end + 1
}

function afterName(line: string, at: number): number {
  let end = at
  while (end < line.length && /[\p{L}\p{Nd}_]/u.test(line.charAt(end))) end++
  return end === at && '@*#?-$!'.includes(line.charAt(at)) ? at + 1 : end
}
