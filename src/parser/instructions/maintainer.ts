import type { MaintainerInstruction } from '../instruction.ts'
import { readSingle } from '../single.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readMaintainer(statement: Statement): MaintainerInstruction {
  return { kind: 'maintainer', ...baseOf(statement), name: readSingle(statement) }
}
