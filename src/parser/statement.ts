import { type ErrorDetails, TsbuildError } from '../errors.ts'
import type { SourceRange } from '../source.ts'
import type { Lexeme } from './characters.ts'
import type { Escape } from './directives.ts'
import type { HeredocBody } from './heredoc.ts'
import type { InstructionBase, Word } from './instruction.ts'

/** One instruction as text: its lines joined, and its parts by their offsets in that text. */
export interface Statement {
  /** Continuations joined; comment and empty lines among them are gone. */
  readonly text: string
  readonly keyword: Lexeme
  /** `--name=value` words, unquoted, in order. */
  readonly flags: readonly Lexeme[]
  /** What follows the flags, without white space at both ends. */
  readonly rest: Lexeme
  readonly heredocs: readonly HeredocBody[]
  readonly comments: readonly string[]
  readonly escape: Escape
  /** From the keyword to the end of the last line, heredoc bodies included. */
  readonly at: SourceRange
  /** Where a part of `text` stands in the file. */
  place(part: { readonly start: number; readonly end: number }): SourceRange
}

export function wordOf(statement: Statement, part: Lexeme): Word {
  return { text: part.text, at: statement.place(part) }
}

/** The fields that every instruction has. */
export function baseOf(statement: Statement): InstructionBase {
  const flags = statement.flags.map((flag) => {
    const equals = flag.text.indexOf('=')
    const at = statement.place(flag)
    if (equals < 0) return { name: flag.text.slice(2), at }
    return { name: flag.text.slice(2, equals), value: flag.text.slice(equals + 1), at }
  })
  const { at, comments, keyword } = statement
  return { at, keyword: keyword.text, flags, text: statement.text.trim(), comments }
}

/** An error of an instruction's arguments, with BuildKit's words for the place in front. */
export function instructionError(
  statement: Statement,
  code: string,
  message: string,
  details: ErrorDetails & { readonly part?: Lexeme } = {},
): TsbuildError {
  const { part, ...rest } = details
  const line = statement.at.start.line + 1
  return new TsbuildError(code, `dockerfile parse error on line ${line}: ${message}`, {
    at: part ? statement.place(part) : statement.place(wholeOf(statement)),
    ...rest,
  })
}

function wholeOf(statement: Statement): Lexeme {
  const end = Math.max(statement.keyword.end, statement.rest.end)
  return { text: statement.text, start: statement.keyword.start, end }
}
