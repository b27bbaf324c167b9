import type { LabelInstruction } from '../instruction.ts'
import { readPairs } from '../pairs.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readLabel(statement: Statement): LabelInstruction {
  return { kind: 'label', ...baseOf(statement), ...readPairs(statement) }
}
