import { TsbuildError } from '../errors.ts'
import type { SourceRange } from '../source.ts'
import { quoted } from './characters.ts'
import type { Instruction } from './instruction.ts'
import { refuseTrigger } from './instructions/onbuild.ts'
import { readInstruction } from './instructions/read.ts'
import { scan } from './scan.ts'

/**
 * Reads one instruction that an image brings along: an ONBUILD trigger of its config.
 * @param at what to blame, since the text itself is in no file: the FROM that names the image
 * @throws {TsbuildError} TSB_BAD_TRIGGER for FROM, ONBUILD and MAINTAINER, or not just one instruction
 */
export function parseTrigger(text: string, at: SourceRange, escapeChar: '\\' | '`' = '\\'): Instruction {
  const source = { name: at.source.name, text }
  const [statement, ...more] = scan(source, escapeChar, () => at).statements
  if (!statement || more.length > 0) {
    throw new TsbuildError('TSB_BAD_TRIGGER', `onbuild trigger should be a single expression: ${quoted(text)}`, {
      at,
      hint: 'use another base: the triggers of this one cannot be carried out',
    })
  }
  refuseTrigger(statement, statement.keyword)
  return readInstruction(statement)
}
