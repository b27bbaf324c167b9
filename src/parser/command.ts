import type { Lexeme } from './characters.ts'
import { readExecForm } from './exec-form.ts'
import type { Command } from './instruction.ts'
import type { Statement } from './statement.ts'

/** JSON form, else the whole text for the shell. */
export function readCommand(statement: Statement, rest: Lexeme = statement.rest): Command {
  const argv = readExecForm(statement, rest)
  return argv ? { form: 'exec', argv: argv.map(({ text }) => text) } : { form: 'shell', text: rest.text }
}
