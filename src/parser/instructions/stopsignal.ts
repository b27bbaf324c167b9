import type { StopsignalInstruction } from '../instruction.ts'
import { readSingle } from '../single.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readStopsignal(statement: Statement): StopsignalInstruction {
  return { kind: 'stopsignal', ...baseOf(statement), signal: readSingle(statement) }
}
