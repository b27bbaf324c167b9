import type { UserInstruction } from '../instruction.ts'
import { readSingle } from '../single.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readUser(statement: Statement): UserInstruction {
  return { kind: 'user', ...baseOf(statement), user: readSingle(statement) }
}
