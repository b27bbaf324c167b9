import { TsbuildError } from '../errors.ts'
import { excerpt, type Lexeme, quoted } from './characters.ts'
import { readFlags } from './flags.ts'
import type { Pair } from './instruction.ts'
import { requireArguments } from './single.ts'
import { instructionError, type Statement, wordOf } from './statement.ts'
import { firstWord, part, quotedWords } from './words.ts'

/** The pairs of ENV and LABEL: `name=value …`, or the old `name rest of the line`. */
export function readPairs(statement: Statement): { readonly pairs: readonly Pair[]; readonly legacy: boolean } {
  readFlags(statement, {})
  requireArguments(statement)
  const words = quotedWords(statement.rest, statement.escape)
  const legacy = !words[0]?.text.includes('=')
  return { pairs: legacy ? [legacyPair(statement)] : words.map((word) => pairOf(statement, word)), legacy }
}

function legacyPair(statement: Statement): Pair {
  const { head, tail } = firstWord(statement.rest)
  if (tail) return { name: wordOf(statement, head), value: wordOf(statement, tail) }
  const keyword = statement.keyword.text.toUpperCase()
  throw new TsbuildError('TSB_MISSING_ARGUMENT', `${keyword} must have two arguments`, {
    at: statement.place(head),
    hint: `write ${keyword} ${excerpt(head.text)}=value`,
  })
}

function pairOf(statement: Statement, word: Lexeme): Pair {
  const equals = word.text.indexOf('=')
  if (equals < 0) {
    const message = `Syntax error - can't find = in ${quoted(word.text)}. Must be of the form: name=value`
    throw new TsbuildError('TSB_BAD_PAIR', message, {
      at: statement.place(word),
      hint: 'put quotes around a value with blanks in it',
    })
  }
  if (equals === 0) throw blankName(statement, word)
  return {
    name: wordOf(statement, part(word, 0, equals)),
    value: wordOf(statement, part(word, equals + 1, word.text.length)),
  }
}

/** The error for `=value`. */
export function blankName(statement: Statement, word: Lexeme): TsbuildError {
  const keyword = statement.keyword.text.toUpperCase()
  return instructionError(statement, 'TSB_BAD_PAIR', `${keyword} names can not be blank`, {
    part: word,
    hint: 'write a name before the =',
  })
}
