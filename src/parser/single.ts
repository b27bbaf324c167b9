import type { TsbuildError } from '../errors.ts'
import { readFlags } from './flags.ts'
import type { Word } from './instruction.ts'
import { instructionError, type Statement, wordOf } from './statement.ts'
import { usageHint } from './usage.ts'

/** The whole rest of an instruction that takes one argument and no flags. */
export function readSingle(statement: Statement): Word {
  requireArguments(statement, 'exactly one argument')
  readFlags(statement, {})
  return wordOf(statement, statement.rest)
}

/** @throws {TsbuildError} TSB_MISSING_ARGUMENT when nothing follows the keyword and its flags */
export function requireArguments(statement: Statement, what = 'at least one argument'): void {
  if (statement.rest.text === '') throw missingArguments(statement, what)
}

/** The error for too few arguments. */
export function missingArguments(statement: Statement, what = 'at least one argument'): TsbuildError {
  const keyword = statement.keyword.text.toUpperCase()
  return instructionError(statement, 'TSB_MISSING_ARGUMENT', `${keyword} requires ${what}`, {
    hint: usageHint(keyword),
  })
}
