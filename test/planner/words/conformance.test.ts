// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { splitVariable } from '../../../src/planner/variables.ts'
import { createBudget, type Escape, expandWord, expandWords, lookupIn } from '../../../src/planner/words/index.ts'
import { newWordList } from '../../../src/planner/words/word-list.ts'
import { WordReader } from '../../../src/planner/words/word-reader.ts'
import { conformancePath, hasConformance, skipReason } from '../../support/conformance.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { errorOf } from '../../support/outcome.ts'

const file = 'shell/lex.json'
type Environment = Readonly<Record<string, string>> | readonly string[]

function lookupOf(env: Environment) {
  return lookupIn(new Map(Array.isArray(env) ? env.map(splitVariable) : Object.entries(env)))
}

/** The value of a call, or the message of the error that it ends in. */
function outcome<T>(run: () => T): T | { readonly error: string } {
  const error = errorOf(run)
  return error ? { error: error.message } : run()
}

describe.skipIf(!hasConformance)(`BuildKit's shell files (${hasConformance ? 'conformance' : skipReason})`, () => {
  const linesOf = (name: string) => (hasConformance ? readFileSync(conformancePath(name), 'utf8').split('\n') : [])

  const environment = lookupOf({ PWD: '/home', SHELL: 'bash', KOREAN: '한국어', NULL: '' })
  const rows = linesOf('shell/envVarTest').filter((row) => row.trim() !== '' && !row.startsWith('#'))
  test.each(rows.filter((row) => row.split('|')[0]?.trim() !== 'W'))('envVarTest %s', (row) => {
    const [, input = '', expected = ''] = row.split('|').map((part) => part.trim())
    const found = outcome(() => expandWord(input, environment, '\\').value)
    if (expected === 'error') expect(found).toHaveProperty('error')
    else expect(found).toBe(expected)
  })

  const env = new Map<string, string>()
  for (const line of linesOf('shell/wordsTest').filter((row) => row !== '' && !row.startsWith('#'))) {
    if (line.startsWith('ENV ')) {
      env.set(...splitVariable(line.slice(4).trimStart()))
      continue
    }
    const known = lookupIn(new Map(env))
    test(`wordsTest ${line}`, () => {
      const [input = '', expected = ''] = line.split('|')
      const found = outcome(() => expandWords(input.trim(), known, '\\'))
      if (expected.trimStart() === 'error') expect(found).toHaveProperty('error')
      else expect(found).toEqual(expected.trimStart().split(','))
    })
  }
})

interface MatchRow {
  readonly input: string
  readonly env: Readonly<Record<string, string>>
  readonly expected?: string
  readonly matched?: readonly string[]
  readonly unmatched?: readonly string[]
  readonly error?: true
  readonly observedError?: string
  /** False for what upstream does not promise; it is held all the same. */
  readonly guaranteed?: boolean
}

conformanceTable<MatchRow>(
  file,
  'processWithMatches',
  ['input', 'env', 'expected', 'matched', 'unmatched', 'error', 'observedError', 'guaranteed'],
  ({ input, env, expected, matched, unmatched, error, observedError }) => {
    const found = outcome(() => expandWord(input, lookupOf(env), '\\'))
    if (error) expect(found).toEqual({ error: observedError })
    else expect(found).toEqual({ value: expected, used: new Set(matched), unset: new Set(unmatched) })
  },
)

interface PlatformRow {
  readonly input: string
  readonly env: Readonly<Record<string, string>>
  readonly expected: string
}

conformanceTable<PlatformRow>(file, 'platform', ['input', 'env', 'expected'], ({ input, env, expected }) => {
  expect(expandWord(input, lookupOf(env), '\\').value).toBe(expected)
})

interface MandatoryRow {
  readonly word: string
  readonly env: readonly string[]
  readonly result?: string
  readonly errorContains?: string
}

const mandatoryFields = ['word', 'env', 'result', 'errorContains'] as const
conformanceTable<MandatoryRow>(file, 'mandatory', mandatoryFields, ({ word, env, result, errorContains }) => {
  const found = outcome(() => expandWord(word, lookupOf(env), '\\').value)
  if (errorContains === undefined) expect(found).toBe(result)
  else expect(found).toEqual({ error: expect.stringContaining(errorContains) })
})

interface EnvRow {
  readonly name: string
  readonly value: string
  readonly env: readonly string[]
}

conformanceTable<EnvRow>(file, 'getEnv', ['name', 'value', 'env'], ({ name, value, env }) => {
  expect(expandWord(`\${${name}}`, lookupOf(env), '\\').value).toBe(value)
})

interface LexRow {
  readonly input: string
  readonly env: Environment
  readonly matched?: readonly string[]
  readonly unmatched?: readonly string[]
  readonly result?: string
  readonly words?: readonly string[]
  readonly error?: string
  readonly rawQuotes?: boolean
  readonly skipUnset?: boolean
  readonly skipQuotes?: boolean
  readonly escape?: Escape
}

function read({ input, env, rawQuotes, skipQuotes, skipUnset, escape: escapeChar = '\\' }: LexRow) {
  const budget = createBudget()
  const quotes = rawQuotes ? 'keep' : skipQuotes ? 'ignore' : 'remove'
  const rules = { quotes, unset: skipUnset ? 'keep' : 'empty', escape: escapeChar, limit: 1000, budget } as const
  const reader = new WordReader(input, lookupOf(env), rules)
  const list = newWordList()
  return { result: reader.read(list), matched: reader.used, unmatched: reader.unset, words: list.words() }
}

const lexFields = ['input', 'env', 'words', 'matched', 'unmatched', 'result', 'error'] as const

function expectRow(row: LexRow): void {
  const { result, words, matched, unmatched } = row
  const expected = { result, words, matched: new Set(matched), unmatched: new Set(unmatched) }
  expect(outcome(() => read(row))).toEqual(row.error === undefined ? expected : { error: row.error })
}

conformanceTable<LexRow>(
  file,
  'edge',
  [...lexFields, 'rawQuotes', 'skipUnset', 'skipQuotes', 'escape'],
  expectRow,
  // BuildKit reads `$1` there as a group of the regular expression it makes; with `/` alone, it does not.
  { 12: 'the replacement of ${x//p/r} is text' },
)

conformanceTable<LexRow>(file, 'wordsRaw', ['input', 'env', 'words', 'error'], (row) => {
  const found = outcome(() => read({ ...row, rawQuotes: true, skipUnset: true }).words)
  expect(found).toEqual(row.error === undefined ? row.words : { error: row.error })
})

const nothingIsLost = 'nothing is lost when a word is parted'
const splitDifferences = Object.fromEntries([0, 1, 2, 3, 4, 5].map((index) => [index, nothingIsLost]))
conformanceTable<LexRow>(file, 'splitDefect', lexFields, expectRow, splitDifferences)

describe('what is not done as BuildKit does it', () => {
  const env = lookupOf({ FOO: 'foo', X: 'aXbXc', REP: '[$1]' })

  test('a replacement is text, with `//` as with `/`', () => {
    expect(expandWord('${X//X/$REP}', env, '\\').value).toBe('a[$1]b[$1]c')
    expect(expandWord('${X/X/$REP}', env, '\\').value).toBe('a[$1]bXc')
  })

  test.each([
    ['8${NOPE:-0}80/tcp', ['8080/tcp']],
    ['a b${NOPE:-x}', ['a', 'bx']],
    ['80${FOO:+80}', ['8080']],
    ['pre${FOO#f}post', ['preoopost']],
    ['a${FOO/o/x}c d', ['afxoc', 'd']],
  ])('%s keeps what stands before the braces when it is parted into words', (text, words) => {
    expect(expandWords(text, env, '\\')).toEqual(words)
  })
})
