import { readExecForm } from '../exec-form.ts'
import { readFlags } from '../flags.ts'
import type { ShellInstruction } from '../instruction.ts'
import { requireArguments } from '../single.ts'
import { baseOf, instructionError, type Statement } from '../statement.ts'
import { usageHint } from '../usage.ts'

export function readShell(statement: Statement): ShellInstruction {
  readFlags(statement, {})
  requireArguments(statement)
  const argv = readExecForm(statement, statement.rest)?.map(({ text }) => text)
  if (!argv) {
    throw instructionError(statement, 'TSB_BAD_JSON', 'SHELL requires the arguments to be in JSON form', {
      part: statement.rest,
      hint: usageHint('shell'),
    })
  }
  if (argv.length === 0) {
    throw instructionError(statement, 'TSB_MISSING_ARGUMENT', 'SHELL requires at least one argument', {
      part: statement.rest,
      hint: usageHint('shell'),
    })
  }
  return { kind: 'shell', ...baseOf(statement), argv }
}
