import { atPlace, TsbuildError } from '../errors.ts'
import type { SourceFile, SourceRange } from '../source.ts'
import { excerpt, quoted, trimmed } from './characters.ts'
import type { Escape } from './directives.ts'
import { readExecForm } from './exec-form.ts'
import { splitFlags } from './flags.ts'
import { type HeredocBody, heredocWords, readBody } from './heredoc.ts'
import type { Dockerfile } from './instruction.ts'
import { type JoinedLines, joinLines } from './join.ts'
import { checkLineLengths, lineAt } from './lines.ts'
import { lastAtMost, type Places } from './places.ts'
import type { Statement } from './statement.ts'
import { firstWord } from './words.ts'

/** Characters that an instruction may have without its heredoc bodies: no command could be run with more. */
const textLimit = 1 << 20

/** Instructions that a file may have. */
const countLimit = 25_000

/** A file as statements, in order. */
export interface Scanned {
  readonly statements: readonly Statement[]
  readonly warnings: Dockerfile['warnings']
}

/**
 * Parts a file into its instructions: lines joined, comments collected, heredoc bodies taken.
 * @param from offset to begin at: after the parser directives
 * @throws {TsbuildError} TSB_UNTERMINATED_HEREDOC, TSB_BAD_HEREDOC, TSB_BAD_JSON, TSB_DOCKERFILE_TOO_LARGE,
 * TSB_LINE_TOO_LONG
 */
export function scan(source: SourceFile, escapeChar: Escape, place: Places, from = 0): Scanned {
  const { text } = source
  checkLineLengths(text, place)
  const statements: Statement[] = []
  const warnings: Dockerfile['warnings'][number][] = []
  let comments: string[] = []
  let line = lineAt(text, from === 0 && text.charCodeAt(0) === 0xfeff ? 1 : from)
  while (line) {
    const start = trimmed(text, line.start, line.end)
    if (start.text === '') {
      line = lineAt(text, line.next)
    } else if (start.text.startsWith('#')) {
      const comment = start.text.slice(1).trim()
      if (comment === '') comments = []
      else comments.push(comment)
      line = lineAt(text, line.next)
    } else {
      const joined = joinLines(text, { ...line, start: start.start }, escapeChar, textLimit)
      checkSize(joined, statements.length, place)
      const { statement, next } = readStatement(text, joined, { escapeChar, comments, place })
      if (joined.emptyLine) warnings.push(emptyLineWarning(joined, place(joined.start, joined.end)))
      statements.push(statement)
      comments = []
      line = lineAt(text, next)
    }
  }
  return { statements, warnings }
}

function checkSize(joined: JoinedLines, count: number, place: Places): void {
  const what =
    joined.text.length > textLimit
      ? 'an instruction is longer than 1 MiB'
      : count >= countLimit
        ? `more than ${countLimit} instructions`
        : undefined
  if (what === undefined) return
  const at = place(joined.start, joined.end)
  const hint = 'put long scripts and data into files of the build context'
  throw new TsbuildError('TSB_DOCKERFILE_TOO_LARGE', `dockerfile parse error on line ${at.start.line + 1}: ${what}`, {
    at,
    hint,
  })
}

function emptyLineWarning(joined: JoinedLines, at: SourceRange) {
  const message = `Empty continuation line found in: ${excerpt(joined.text, 2000)}`
  return { rule: 'NoEmptyContinuation' as const, message, at }
}

interface Surroundings {
  readonly escapeChar: Escape
  readonly comments: readonly string[]
  readonly place: Places
}

function readStatement(text: string, joined: JoinedLines, { escapeChar, comments, place }: Surroundings) {
  const parts = splitStatement(joined.text)
  const offset = (index: number) => offsetOf(joined, index)
  const bare: Statement = {
    ...parts,
    text: joined.text,
    heredocs: [],
    comments,
    escape: escapeChar,
    at: place(joined.start, joined.end),
    // An end is the place after its last character: the next character may stand on another line.
    place: ({ start, end }) => place(offset(start), end > start ? offset(end - 1) + 1 : offset(start)),
  }
  const { heredocs, end, next } = readHeredocs(text, joined, bare)
  return { statement: { ...bare, heredocs, at: place(joined.start, end) }, next }
}

/** The keyword, flags and arguments of a joined line. */
export function splitStatement(text: string): Pick<Statement, 'keyword' | 'flags' | 'rest'> {
  const { head, tail } = firstWord(trimmed(text))
  if (!tail) return { keyword: head, flags: [], rest: { text: '', start: head.end, end: head.end } }
  const { flags, rest } = splitFlags(text.slice(0, tail.end), tail.start)
  return { keyword: head, flags, rest: trimmed(text, rest, tail.end) }
}

function offsetOf({ pieces }: JoinedLines, index: number): number {
  const piece = pieces[lastAtMost(pieces, index, ({ index: start }) => start)]
  return piece ? piece.offset + index - piece.index : index
}

const withHeredocs: ReadonlySet<string> = new Set(['run', 'copy', 'add'])

function readHeredocs(text: string, joined: JoinedLines, statement: Statement) {
  const heredocs: HeredocBody[] = []
  let [end, next] = [joined.end, joined.next]
  if (!mayHaveHeredocs(statement)) return { heredocs, end, next }
  for (const { word, ...heredoc } of wordsOf(joined.text, statement)) {
    const body = readBody(text, next, heredoc)
    if (!body) throw unterminated(heredoc.name, statement.place(word))
    heredocs.push({ ...heredoc, word, raw: body.raw })
    ;({ end, next } = body)
  }
  return { heredocs, end, next }
}

function wordsOf(text: string, { at }: Statement) {
  try {
    return heredocWords(text)
  } catch (error) {
    throw atPlace(error, at)
  }
}

function mayHaveHeredocs(statement: Statement): boolean {
  if (!statement.text.includes('<<')) return false
  const onbuild = statement.keyword.text.toLowerCase() === 'onbuild'
  const { keyword, rest } = onbuild ? splitStatement(statement.rest.text) : statement
  return withHeredocs.has(keyword.text.toLowerCase()) && !readExecForm(statement, rest)
}

function unterminated(name: string, at: SourceRange): TsbuildError {
  return new TsbuildError('TSB_UNTERMINATED_HEREDOC', 'unterminated heredoc', {
    at,
    hint: `end it with a line that is only ${quoted(name)}`,
  })
}
