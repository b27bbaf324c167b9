import type { Instruction } from '../../src/parser/index.ts'
import { readInstruction } from '../../src/parser/instructions/read.ts'
import { scanText } from './tree.ts'

/** The first instruction of a text alone, which need not be FROM. */
export function readFirst(text: string): Instruction {
  const [statement] = scanText(text).statements
  if (!statement) throw new Error('no statement')
  return readInstruction(statement)
}
