import { excerpt, type Lexeme, quoted } from '../characters.ts'
import { readFlags } from '../flags.ts'
import type { FromInstruction } from '../instruction.ts'
import { baseOf, instructionError, type Statement, wordOf } from '../statement.ts'
import { usageHint } from '../usage.ts'
import { plainWords } from '../words.ts'

export function readFrom(statement: Statement): FromInstruction {
  const words = plainWords(statement.rest)
  const [image, as, alias] = words
  const named = as && isAs(as) && alias && words.length === 3
  if (!image || (as && !named)) throw wordsError(statement, words)
  if (alias && !isStageName(alias.text.toLowerCase())) {
    throw instructionError(
      statement,
      'TSB_BAD_STAGE_NAME',
      `invalid name for build stage: ${quoted(alias.text)}, name can't start with a number or contain symbols`,
      { part: alias, hint: 'use letters, digits, "-", "_" and ".", a letter first' },
    )
  }
  const platform = readFlags(statement, { platform: 'word' }).word('platform')
  return {
    kind: 'from',
    ...baseOf(statement),
    image: wordOf(statement, image),
    ...(platform && { platform }),
    ...(as && { as: wordOf(statement, as) }),
    ...(alias && { alias: wordOf(statement, alias) }),
  }
}

function isAs({ text }: Lexeme): boolean {
  return text.toLowerCase() === 'as'
}

/** Blames the words that are one too many, or one too few. */
function wordsError(statement: Statement, [image, as, alias, ...more]: readonly Lexeme[]) {
  const name = as && !isAs(as) && !alias ? as : alias
  const wrong = as && isAs(as) && more[0] ? more[0] : as
  const hint = image ? `write FROM ${excerpt(image.text)} AS ${name ? excerpt(name.text) : 'NAME'}` : usageHint('from')
  return instructionError(statement, 'TSB_BAD_FROM', 'FROM requires either one or three arguments', {
    ...(wrong && { part: wrong }),
    hint,
  })
}

function isStageName(name: string): boolean {
  return /^[a-z][a-z0-9\-_.]*$/.test(name)
}
