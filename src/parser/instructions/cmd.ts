import { readCommand } from '../command.ts'
import { readFlags } from '../flags.ts'
import type { CmdInstruction } from '../instruction.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readCmd(statement: Statement): CmdInstruction {
  readFlags(statement, {})
  return { kind: 'cmd', ...baseOf(statement), command: readCommand(statement) }
}
