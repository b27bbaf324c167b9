import { readFlags } from '../flags.ts'
import type { ExposeInstruction } from '../instruction.ts'
import { requireArguments } from '../single.ts'
import { baseOf, type Statement, wordOf } from '../statement.ts'
import { plainWords } from '../words.ts'

export function readExpose(statement: Statement): ExposeInstruction {
  requireArguments(statement)
  readFlags(statement, {})
  const ports = plainWords(statement.rest).map((word) => wordOf(statement, word))
  return { kind: 'expose', ...baseOf(statement), ports }
}
