import type { Lexeme } from './characters.ts'
import { readExecForm } from './exec-form.ts'
import type { Flags } from './flags.ts'
import { chompTabs, readHeredocWord } from './heredoc.ts'
import type { CopyInstruction, Heredoc } from './instruction.ts'
import { instructionError, type Statement, wordOf } from './statement.ts'
import { plainWords } from './words.ts'

type SourcesAndDest = Pick<CopyInstruction, 'sources' | 'dest' | 'heredocs' | 'json'>

/** The arguments of COPY and ADD. */
export function readSources(statement: Statement): SourcesAndDest {
  const json = readExecForm(statement, statement.rest)
  const words = json ?? plainWords(statement.rest)
  const dest = words.at(-1)
  if (!dest || words.length < 2) throw missingDestination(statement)
  const found: { sources: Lexeme[]; heredocs: Heredoc[] } = { sources: [], heredocs: [] }
  for (const word of words.slice(0, -1)) {
    const heredoc = json ? undefined : heredocOf(statement, word)
    if (heredoc) found.heredocs.push(heredoc)
    else found.sources.push(word)
  }
  if (!json && heredocOf(statement, dest)) throw heredocDestination(statement, dest)
  return {
    sources: found.sources.map((word) => wordOf(statement, word)),
    heredocs: found.heredocs,
    dest: wordOf(statement, dest),
    json: json !== undefined,
  }
}

/** The heredoc that a word starts; when several have the same name the last body is that of all. */
function heredocOf(statement: Statement, word: Lexeme): Heredoc | undefined {
  if (statement.heredocs.length === 0) return undefined
  const { name } = readHeredocWord(word.text) ?? {}
  const started = statement.heredocs.find((heredoc) => heredoc.word.start === word.start)
  const body = statement.heredocs.findLast((heredoc) => heredoc.name === name)
  return started && body && heredocValue(statement, { ...started, raw: body.raw })
}

/** A heredoc as the instruction shows it. */
export function heredocValue(statement: Statement, heredoc: Statement['heredocs'][number]): Heredoc {
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
    { hint: `write ${keyword} SOURCE… DESTINATION` },
  )
}

function heredocDestination(statement: Statement, dest: Lexeme) {
  const keyword = statement.keyword.text.toUpperCase()
  return instructionError(statement, 'TSB_BAD_HEREDOC', `${keyword} cannot accept a heredoc as a destination`, {
    part: dest,
    hint: 'name the destination last',
  })
}
