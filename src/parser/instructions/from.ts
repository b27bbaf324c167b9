import { quoted } from '../characters.ts'
import { readFlags } from '../flags.ts'
import type { FromInstruction } from '../instruction.ts'
import { baseOf, instructionError, type Statement, wordOf } from '../statement.ts'
import { plainWords } from '../words.ts'

export function readFrom(statement: Statement): FromInstruction {
  const [image, as, alias, ...more] = plainWords(statement.rest)
  const named = as?.text.toLowerCase() === 'as' && alias !== undefined && more.length === 0
  if (!image || (as && !named)) {
    throw instructionError(statement, 'TSB_BAD_FROM', 'FROM requires either one or three arguments', {
      hint: 'write FROM IMAGE or FROM IMAGE AS NAME',
    })
  }
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
    ...(alias && { alias: wordOf(statement, alias) }),
  }
}

function isStageName(name: string): boolean {
  return /^[a-z][a-z0-9\-_.]*$/.test(name)
}
