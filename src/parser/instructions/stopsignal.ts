import type { StopsignalInstruction } from '../instruction.ts'
import { requireArguments } from '../single.ts'
import { baseOf, type Statement, wordOf } from '../statement.ts'

/** STOPSIGNAL: the only instruction that passes over flags, whatever they are, as BuildKit does. */
export function readStopsignal(statement: Statement): StopsignalInstruction {
  requireArguments(statement, 'exactly one argument')
  return { kind: 'stopsignal', ...baseOf(statement), signal: wordOf(statement, statement.rest) }
}
