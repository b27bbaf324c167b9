import type { EnvInstruction } from '../instruction.ts'
import { readPairs } from '../pairs.ts'
import { baseOf, type Statement } from '../statement.ts'

export function readEnv(statement: Statement): EnvInstruction {
  return { kind: 'env', ...baseOf(statement), ...readPairs(statement) }
}
