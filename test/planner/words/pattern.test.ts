// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import { describe, expect, test } from 'vitest'
import { expandWord, lookupIn } from '../../../src/planner/words/index.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { errorOf } from '../../support/outcome.ts'

const value = (text: string, variables: Readonly<Record<string, string>>) =>
  expandWord(text, lookupIn(new Map(Object.entries(variables))), '\\').value

const reversed = (text: string) => [...text].reverse().join('')

/** Texts in which the patterns of the tables find something, and something that they do not. */
const texts = [
  '',
  'a',
  '*',
  '*x',
  '?',
  'x?',
  'a*c',
  'c*a',
  'b\\',
  '\\b',
  'ab\n',
  '🚀',
  '(()[]{}^$.*?|\\',
  '(()[]{}^$.*?|\\tail',
]

interface RegexRow {
  readonly pattern: string
  /** What BuildKit makes of it, for `##`. */
  readonly regex?: string
  readonly error?: true
}

conformanceTable<RegexRow>(
  'shell/lex.json',
  'patternToRegex',
  ['pattern', 'regex', 'error'],
  ({ pattern, regex = '', error }) => {
    for (const X of texts) {
      const trim = () => value('${X##$P}', { X, P: pattern })
      if (error) expect(errorOf(trim)?.code).toBe('TSB_EXPANSION_PATTERN')
      else expect(trim()).toBe(X.replace(new RegExp(regex, 'u'), ''))
    }
  },
)

interface ReverseRow {
  readonly input: string
  readonly kind: 'string' | 'pattern'
  readonly expected: string
}

conformanceTable<ReverseRow>(
  'shell/lex.json',
  'reverse',
  ['input', 'kind', 'expected'],
  ({ input, kind, expected }) => {
    if (kind === 'string') return expect(takenFromTheEnd(input)).toBe(expected)
    for (const text of [...texts, `x${input}`, `${input}x`]) {
      const [atEnd, atStart] = [
        () => value('${X%$P}', { X: text, P: input }),
        () => reversed(value('${X#$P}', { X: reversed(text), P: expected })),
      ]
      const problem = errorOf(atEnd)
      expect(problem?.code).toBe(errorOf(atStart)?.code)
      if (!problem) expect(atEnd()).toBe(atStart())
    }
  },
)

/** The characters of a text from the last to the first, taken off one by one. */
function takenFromTheEnd(text: string): string {
  let [taken, rest] = ['', text]
  while (rest !== '') {
    const shorter = value('${X%?}', { X: rest })
    taken += rest.slice(shorter.length)
    rest = shorter
  }
  return taken
}

describe('a line feed', () => {
  test.each([
    ['${X#*}', 'ab\ncd'],
    ['${X##*}', '\ncd'],
    ['${X%%*}', 'ab\n'],
    ['${X#??}', '\ncd'],
    ['${X#???}', 'ab\ncd'],
    ['${X/*d/-}', 'ab\n-'],
    ['${X//*/-}', '-\n-'],
    ['${X/b*c/-}', 'ab\ncd'],
  ])('is not what a star or ? stands for: %s', (text, expected) => {
    expect(value(text, { X: 'ab\ncd' })).toBe(expected)
  })

  test('is found where the pattern has it', () => {
    expect(value('${X#*$P}', { X: 'ab\ncd', P: '\nc' })).toBe('d')
    expect(value('${X/$P/-}', { X: 'a1\na2c\nd', P: 'a*c' })).toBe('a1\n-\nd')
  })
})
