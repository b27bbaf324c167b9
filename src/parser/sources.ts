import type { Lexeme } from './characters.ts'
import { readExecForm } from './exec-form.ts'
import type { Flags } from './flags.ts'
import { chompTabs, type HeredocBody } from './heredoc.ts'
import type { CopyInstruction, Heredoc } from './instruction.ts'
import { lastAtMost } from './places.ts'
import { instructionError, type Statement, wordOf } from './statement.ts'
import { usageHint } from './usage.ts'
import { plainWords } from './words.ts'

type SourcesAndDest = Pick<CopyInstruction, 'sources' | 'dest' | 'heredocs' | 'json'>

/** The arguments of COPY and ADD. */
export function readSources(statement: Statement): SourcesAndDest {
  const json = readExecForm(statement, statement.rest)
  const words = json ?? plainWords(statement.rest)
  const dest = words.at(-1)
  if (!dest || words.length < 2) throw missingDestination(statement)
  const heredocs = json ? [] : statement.heredocs
  const heredocOf = ({ start, end }: Lexeme) => {
    const heredoc = heredocs[lastAtMost(heredocs, start, ({ word }) => word.start)]
    return heredoc && start >= heredoc.word.start && end <= heredoc.word.end ? heredoc : undefined
  }
  if (heredocOf(dest)) throw heredocDestination(statement, dest)
  const sources = words.slice(0, -1)
  const contents = new Set(sources.map(heredocOf))
  return {
    sources: sources.filter((word) => !heredocOf(word)).map((word) => wordOf(statement, word)),
    heredocs: withLastBodies(heredocs)
      .filter((_, i) => contents.has(heredocs[i]))
      .map((heredoc) => heredocValue(statement, heredoc)),
    dest: wordOf(statement, dest),
    json: json !== undefined,
  }
}

/** When several heredocs of COPY or ADD have one name, the last body is that of all. */
function withLastBodies(heredocs: readonly HeredocBody[]): readonly HeredocBody[] {
  const bodies = new Map(heredocs.map(({ name, raw }) => [name, raw]))
  return heredocs.map((heredoc) => ({ ...heredoc, raw: bodies.get(heredoc.name) ?? heredoc.raw }))
}

/** A heredoc as the instruction shows it. */
export function heredocValue(statement: Statement, heredoc: HeredocBody): Heredoc {
  const { name, expand, chomp, fd, raw, word } = heredoc
  return { name, expand, chomp, fd, raw, text: chomp ? chompTabs(raw) : raw, at: statement.place(word) }
}

/** What the flags that COPY and ADD share say. */
export function readOwnership(flags: Flags): Pick<CopyInstruction, 'chown' | 'chmod' | 'link' | 'excludes'> {
  const chown = flags.word('chown')
  const chmod = flags.word('chmod')
  return {
    ...(chown && { chown }),
    ...(chmod && { chmod }),
    link: flags.bool('link') ?? false,
    excludes: flags.words('exclude'),
  }
}

function missingDestination(statement: Statement) {
  const keyword = statement.keyword.text.toUpperCase()
  return instructionError(
    statement,
    'TSB_MISSING_ARGUMENT',
    `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    { hint: usageHint(keyword) },
  )
}

function heredocDestination(statement: Statement, dest: Lexeme) {
  const keyword = statement.keyword.text.toUpperCase()
  return instructionError(statement, 'TSB_BAD_HEREDOC', `${keyword} cannot accept a heredoc as a destination`, {
    part: dest,
    hint: 'name the destination last',
  })
}
