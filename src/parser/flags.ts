import { didYouMean } from '../errors.ts'
import { excerpt, isSpace, type Lexeme } from './characters.ts'
import { flagPlaces } from './flag-places.ts'
import type { Word } from './instruction.ts'
import { instructionError, type Statement, wordOf } from './statement.ts'

/**
 * Takes the `--name=value` words at the start of an instruction's arguments; a bare `--` ends them. Quotes and
 * backslashes (never the backtick) hold a flag together and are taken off.
 * @returns the flags and the offset where the arguments go on
 */
export function splitFlags(text: string, from: number): { readonly flags: readonly Lexeme[]; readonly rest: number } {
  const flags: Lexeme[] = []
  let at = from
  for (;;) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++
    if (!text.startsWith('--', at)) return { flags, rest: at }
    const flag = readFlag(text, at)
    at = flag.end
    if (flag.text === '--') return { flags, rest: at }
    flags.push(flag)
  }
}

function readFlag(text: string, start: number): Lexeme {
  const parts: string[] = []
  let quote = ''
  let from = start
  let i = start
  const cut = (next: number) => {
    parts.push(text.slice(from, i))
    from = next
  }
  for (; i < text.length; i++) {
    const char = text.charAt(i)
    if (quote === '' && isSpace(text.charCodeAt(i))) break
    if (char === '\\') {
      cut(i + 1)
      i++
    } else if (quote === '' ? char === '"' || char === "'" : char === quote) {
      quote = quote === '' ? char : ''
      cut(i + 1)
    }
  }
  const end = Math.min(i, text.length)
  parts.push(text.slice(from, end))
  return { text: parts.join(''), start, end }
}

/** How often and with what a flag may be given: `word` and `bool` once, `words` any number of times. */
export type FlagType = 'word' | 'words' | 'bool'

/** The value of a flag; `options` are the parts between its commas where that is certain. */
export interface FlagValue extends Word {
  readonly options: readonly Word[]
}

/** The flags of one instruction, checked against those it knows. */
export interface Flags {
  word(name: string): Word | undefined
  words(name: string): readonly Word[]
  withOptions(name: string): readonly FlagValue[]
  bool(name: string): boolean | undefined
}

/** @throws {TsbuildError} TSB_UNKNOWN_FLAG, TSB_BAD_FLAG */
export function readFlags(statement: Statement, known: Readonly<Record<string, FlagType>>): Flags {
  const types = new Map(Object.entries(known))
  const places = flagPlaces(statement.text, statement.flags)
  const given = new Map<string, FlagValue[]>()
  for (const flag of statement.flags) {
    const { name, text } = checkFlag(statement, flag, types)
    const { value: inFlag, options = [] } = places.get(flag) ?? {}
    // There is nothing to point at in an empty value.
    const at = inFlag && inFlag.end > inFlag.start ? inFlag : flag
    const value = { text, at: statement.place(at), options: options.map((option) => wordOf(statement, option)) }
    const values = given.get(name)
    if (!values) given.set(name, [value])
    else if (types.get(name) === 'words') values.push(value)
    else throw badFlag(statement, flag, `duplicate flag specified: --${name}`, 'give it once')
  }
  const words = (name: string) => (given.get(name) ?? []).map(({ text, at }) => ({ text, at }))
  return {
    word: (name) => words(name)[0],
    words,
    withOptions: (name) => given.get(name) ?? [],
    bool: (name) => {
      const value = given.get(name)?.[0]
      return value && value.text !== 'false'
    },
  }
}

/** The name of a flag, and its value in normal form. */
function checkFlag(statement: Statement, flag: Lexeme, types: ReadonlyMap<string, FlagType>) {
  const equals = flag.text.indexOf('=')
  const name = flag.text.slice(2, equals < 0 ? undefined : equals)
  const type = types.get(name)
  if (!type) throw unknownFlag(statement, flag, name, types.keys())
  const value = equals < 0 ? undefined : flag.text.slice(equals + 1)
  if (type === 'bool') return { name, text: checkBool(statement, flag, name, value) }
  if (value !== undefined) return { name, text: value }
  throw badFlag(statement, flag, `missing a value on flag: --${name}`, `write --${name}=VALUE`)
}

function checkBool(statement: Statement, flag: Lexeme, name: string, value: string | undefined): string {
  if (value === undefined) return 'true'
  if (value === '') throw badFlag(statement, flag, `missing a value on flag: --${name}`, `write --${name}`)
  const lower = value.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower
  throw badFlag(
    statement,
    flag,
    `expecting boolean value for flag --${name}, not: ${excerpt(value)}`,
    `write --${name} or --${name}=false`,
  )
}

function unknownFlag(statement: Statement, flag: Lexeme, name: string, known: Iterable<string>) {
  const names = [...known]
  const list = names.map((other) => `--${other}`).join(', ')
  const keyword = statement.keyword.text.toUpperCase()
  const near = didYouMean(
    `--${excerpt(name)}`,
    names.map((other) => `--${other}`),
  )
  const hint = near ?? (list ? `${keyword} knows ${list}` : `${keyword} has no flags`)
  return instructionError(statement, 'TSB_UNKNOWN_FLAG', `unknown flag: --${excerpt(name)}`, { part: flag, hint })
}

function badFlag(statement: Statement, part: Lexeme, message: string, hint: string) {
  return instructionError(statement, 'TSB_BAD_FLAG', message, { part, hint })
}
