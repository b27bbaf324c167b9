import { readCommand } from '../command.ts'
import { readFlags } from '../flags.ts'
import type { EntrypointInstruction } from '../instruction.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readEntrypoint(statement: Statement): EntrypointInstruction {
  readFlags(statement, {})
  return { kind: 'entrypoint', ...baseOf(statement), command: readCommand(statement) }
}
