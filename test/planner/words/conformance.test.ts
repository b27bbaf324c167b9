// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import {
  type Escape,
  expandBody,
  expandForDisplay,
  expandWord,
  expandWords,
  lookupIn,
} from '../../../src/planner/words/index.ts'
import { WordReader } from '../../../src/planner/words/word-reader.ts'
import { conformanceCases, conformancePath, hasConformance, skipReason } from '../../support/conformance.ts'

/**
 * Rows where tsbuild knowingly does otherwise:
 * - `${X//X/$REP}`: BuildKit reads `$1` in a replacement as a group of the regular expression it makes, and so loses
 *   it; with `/` alone it keeps it. Here the replacement is text in both.
 */
const knownDifferences = new Map([['${X//X/$REP}', 'a[$1]b[$1]c']])

const table = (name: string) => conformanceCases<LexCase>('shell/lex.json', name)

interface LexCase {
  readonly input: string
  readonly word: string
  readonly env: Readonly<Record<string, string>> | readonly string[]
  readonly expected?: string
  readonly result?: string
  readonly words?: readonly string[]
  readonly matched?: readonly string[]
  readonly unmatched?: readonly string[]
  readonly error?: true | string
  readonly errorContains?: string
  readonly observedError?: string
  readonly rawQuotes?: boolean
  readonly skipQuotes?: boolean
  readonly escape?: Escape
  readonly name: string
  readonly value: string
  readonly pattern: string
}

function lookup(env: LexCase['env']) {
  const pairs = Array.isArray(env)
    ? env.map((entry: string) => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)])
    : Object.entries(env)
  return lookupIn(new Map(pairs as [string, string][]))
}

/** What an expansion gives or the problem it reports, without the advice. */
function outcome<T>(run: () => T): { readonly value: T } | { readonly error: string } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof TsbuildError) return { error: error.message }
    throw error
  }
}

describe.skipIf(!hasConformance)(`BuildKit's shell tables (${hasConformance ? 'conformance' : skipReason})`, () => {
  const environment = lookupIn(
    new Map([
      ['PWD', '/home'],
      ['SHELL', 'bash'],
      ['KOREAN', '한국어'],
      ['NULL', ''],
    ]),
  )
  const rows = hasConformance ? readFileSync(conformancePath('shell/envVarTest'), 'utf8').split('\n') : []
  const words = rows.filter((row) => row.trim() !== '' && !row.startsWith('#')).map((row) => row.split('|'))
  test.each(words.filter(([platform]) => platform?.trim() !== 'W'))(
    'envVarTest %s|%s|%s',
    (_, input = '', expected = '') => {
      const result = outcome(() => expandWord(input.trim(), environment, '\\').value)
      if (expected.trim() === 'error') expect(result).toHaveProperty('error')
      else expect(result).toEqual({ value: expected.trim() })
    },
  )

  test.each(splitRows())('wordsTest %j', ({ input, env, expected }) => {
    const result = outcome(() => expandWords(input, lookupIn(env), '\\'))
    if (expected === 'error') expect(result).toHaveProperty('error')
    else expect(result).toEqual({ value: expected.split(',') })
  })

  test.each(table('processWithMatches'))('processWithMatches $input', (row) => {
    const result = outcome(() => expandWord(row.input, lookup(row.env), '\\'))
    if (row.error) expect(result).toEqual({ error: row.observedError })
    else expect(result).toEqual({ value: { value: row.expected, ...names(row) } })
  })

  test.each(table('platform'))('platform $input $env', ({ input, env, expected }) => {
    expect(expandWord(input, lookup(env), '\\').value).toBe(expected)
  })

  test.each(table('mandatory'))('mandatory $word $env', ({ word, env, result, errorContains }) => {
    const found = outcome(() => expandWord(word, lookup(env), '\\').value)
    if (errorContains === undefined) expect(found).toEqual({ value: result })
    else expect(found).toEqual({ error: expect.stringContaining(errorContains) })
  })

  test.each(table('patternToRegex').filter(({ error }) => error))('patternToRegex refuses $pattern', ({ pattern }) => {
    const env = lookupIn(new Map([['P', pattern]]))
    expect(outcome(() => expandWord('${X#$P}', env, '\\'))).toEqual({
      error: expect.stringContaining('invalid pattern'),
    })
  })

  test.each(table('wordsRaw'))('wordsRaw $input $env', ({ input, env, error, words: expected }) => {
    const result = outcome(() => {
      const reader = new WordReader(input, lookup(env), { quotes: 'keep', unset: 'keep', escape: '\\', limit: 1000 })
      reader.read()
      return reader.list.words()
    })
    expect(result).toEqual(error ? { error } : { value: expected })
  })

  test.each(table('edge'))('edge $input $rawQuotes $skipQuotes $escape', (row) => {
    const env = lookup(row.env)
    const escapeChar = row.escape ?? '\\'
    const expand = () => {
      if (row.rawQuotes) return expandForDisplay(row.input, env, escapeChar)
      return row.skipQuotes ? expandBody(row.input, env) : expandWord(row.input, env, escapeChar)
    }
    const result = outcome(expand)
    const known = knownDifferences.get(row.input)
    if (row.error) expect(result).toEqual({ error: row.error })
    else expect(result).toEqual({ value: { value: known ?? row.result, ...names(row) } })
    if (row.error || row.rawQuotes || row.skipQuotes || known) return
    expect(expandWords(row.input, env, escapeChar)).toEqual(row.words)
  })

  test.each(table('splitDefect'))('splitDefect $input loses nothing when it is parted', ({ input, env, result }) => {
    expect(expandWord(input, lookup(env), '\\').value).toBe(result)
    expect(expandWords(input, lookup(env), '\\').join(' ')).toBe(result)
  })
})

function names({ matched = [], unmatched = [] }: LexCase) {
  return { used: new Set(matched), unset: new Set(unmatched) }
}

function splitRows() {
  if (!hasConformance) return []
  const env = new Map<string, string>()
  const rows: { input: string; env: Map<string, string>; expected: string }[] = []
  for (const line of readFileSync(conformancePath('shell/wordsTest'), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    if (line.startsWith('ENV ')) {
      const text = line.slice(4).trimStart()
      env.set(text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1))
    } else {
      const [input = '', expected = ''] = line.split('|')
      rows.push({ input: input.trim(), env: new Map(env), expected: expected.trimStart() })
    }
  }
  return rows
}
