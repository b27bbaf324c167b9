import { readExecForm } from '../exec-form.ts'
import { readFlags } from '../flags.ts'
import type { VolumeInstruction } from '../instruction.ts'
import { requireArguments } from '../single.ts'
import { baseOf, instructionError, type Statement, wordOf } from '../statement.ts'
import { usageHint } from '../usage.ts'
import { plainWords } from '../words.ts'

export function readVolume(statement: Statement): VolumeInstruction {
  requireArguments(statement)
  const words = readExecForm(statement, statement.rest) ?? plainWords(statement.rest)
  if (words.length === 0) {
    const message = 'VOLUME requires at least one argument'
    throw instructionError(statement, 'TSB_MISSING_ARGUMENT', message, {
      part: statement.rest,
      hint: usageHint('volume'),
    })
  }
  readFlags(statement, {})
  const paths = words.map((word) => {
    const text = word.text.trim()
    if (text !== '') return { ...wordOf(statement, word), text }
    throw instructionError(statement, 'TSB_BAD_VOLUME', 'VOLUME specified can not be an empty string', {
      part: word,
      hint: 'name a directory of the image',
    })
  })
  return { kind: 'volume', ...baseOf(statement), paths }
}
