import { readFlags } from '../flags.ts'
import type { ArgInstruction } from '../instruction.ts'
import { blankName } from '../pairs.ts'
import { missingArguments, requireArguments } from '../single.ts'
import { baseOf, type Statement, wordOf } from '../statement.ts'
import { part, quotedWords } from '../words.ts'

export function readArg(statement: Statement): ArgInstruction {
  requireArguments(statement)
  readFlags(statement, {})
  const words = quotedWords(statement.rest, statement.escape)
  // An escape alone is none.
  if (words.length === 0) throw missingArguments(statement)
  const args = words.map((word) => {
    const at = statement.place(word)
    const equals = word.text.indexOf('=')
    if (equals === 0) throw blankName(statement, word)
    if (equals < 0) return { name: word.text, at }
    const value = wordOf(statement, part(word, equals + 1, word.text.length))
    return { name: word.text.slice(0, equals), value, at }
  })
  return { kind: 'arg', ...baseOf(statement), args }
}
