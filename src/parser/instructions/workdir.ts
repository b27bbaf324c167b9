import type { WorkdirInstruction } from '../instruction.ts'
import { readSingle } from '../single.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readWorkdir(statement: Statement): WorkdirInstruction {
  return { kind: 'workdir', ...baseOf(statement), path: readSingle(statement) }
}
