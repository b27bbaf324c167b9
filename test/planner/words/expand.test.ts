// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are for the shell lexer
import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { expandBody, expandForDisplay, expandWord, expandWords, lookupIn } from '../../../src/planner/words/index.ts'

const env = lookupIn(new Map(Object.entries({ A: 'one', SPACED: 'a  b', EMPTY: '', FACE: '😀x😀' })))
const value = (text: string) => expandWord(text, env, '\\').value

/** The code of the error that a call ends in. */
function codeOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof TsbuildError ? error.code : String(error)
  }
}

describe('a word', () => {
  test('tells the variables it used and those that are not set', () => {
    const { used, unset } = expandWord('$A ${B:-$EMPTY} $A', env, '\\')
    expect([...used].sort()).toEqual(['A', 'EMPTY'])
    expect([...unset]).toEqual(['B'])
  })

  test('has its variables expanded once only', () => {
    const twice = lookupIn(new Map([['X', '$A']]))
    expect(expandWord('$X', twice, '\\').value).toBe('$A')
  })

  test('may use the names that objects bring along', () => {
    expect(value('[$__proto__$constructor${toString}]')).toBe('[]')
    expect(expandWord('$__proto__', lookupIn(new Map([['__proto__', 'x']])), '\\').value).toBe('x')
  })

  test('takes characters beyond the 16-bit ones as one for `?`', () => {
    expect(value('${FACE#?}')).toBe('x😀')
    expect(value('${FACE%?}')).toBe('😀x')
    expect(value('${FACE//?/.}')).toBe('...')
  })

  test('is parted at white space that a value brings in, unless it is quoted', () => {
    expect(expandWords('x$SPACED "$SPACED"', env, '\\')).toEqual(['xa', 'b', 'a  b'])
  })
})

describe('a replacement', () => {
  test.each([
    ['${A//n/$&}', 'o$&e'],
    ['${A//*/-}', '-'],
    ['${A//x/-}', 'one'],
    ['${EMPTY//*/-}', '-'],
    ['${A///-}', '-o-n-e-'],
    ['${A/n*/-}', 'o-'],
  ])('%s is %s', (text, expected) => {
    expect(value(text)).toBe(expected)
  })
})

describe('a heredoc body', () => {
  test('keeps its quotes and expands between them', () => {
    expect(expandBody(`'$A' "$A"\n`, env).value).toBe(`'one' "one"\n`)
  })

  test('has the backslash as its escape', () => {
    expect(expandBody('\\$A `$A', env).value).toBe('$A `one')
  })
})

test('a text for people keeps what is not set', () => {
  expect(expandForDisplay(`"$A" $B \${C:-d}`, env, '\\').value).toBe(`"one" $B \${C:-d}`)
})

describe('an error', () => {
  test.each([
    ['${A', 'TSB_EXPANSION_SYNTAX'],
    ["'a", 'TSB_EXPANSION_SYNTAX'],
    ['${A:=x}', 'TSB_EXPANSION_SYNTAX'],
    ['${B:?}', 'TSB_EXPANSION_UNSET'],
    ['${A#\\x}', 'TSB_EXPANSION_PATTERN'],
  ])('of %s has the code %s', (text, code) => {
    expect(codeOf(() => value(text))).toBe(code)
  })

  test('shows the beginning of a long text only', () => {
    expect(() => value(`${'x'.repeat(1_000_000)}\${A`)).toThrow(/^.{150,300}$/)
  })
})

describe('limits', () => {
  const limit = 1 << 20

  test('a value has at most 1 Mi characters', () => {
    const long = lookupIn(new Map([['X', 'x'.repeat(limit)]]))
    expect(expandWord('$X', long, '\\').value).toHaveLength(limit)
    expect(codeOf(() => expandWord('$X.', long, '\\'))).toBe('TSB_EXPANSION_LIMIT')
    expect(codeOf(() => expandWord('"$X."', long, '\\'))).toBe('TSB_EXPANSION_LIMIT')
    expect(codeOf(() => expandWord('${X//x/xx}', long, '\\'))).toBe('TSB_EXPANSION_LIMIT')
  })

  test('a value that doubles with each variable ends in an error', () => {
    let current = 'a'
    const double = () => {
      for (let i = 0; i < 64; i++) current = expandWord('$a$a', lookupIn(new Map([['a', current]])), '\\').value
    }
    expect(codeOf(double)).toBe('TSB_EXPANSION_LIMIT')
    expect(current).toHaveLength(limit)
  })

  test('100 braces may be open, 101 may not', () => {
    const nested = (depth: number) => `${'${B:-'.repeat(depth)}x${'}'.repeat(depth)}`
    expect(value(nested(100))).toBe('x')
    expect(codeOf(() => value(nested(101)))).toBe('TSB_EXPANSION_LIMIT')
    expect(codeOf(() => value(nested(100_000)))).toBe('TSB_EXPANSION_LIMIT')
  })

  test('a pattern with many stars is matched in one pass', () => {
    const long = lookupIn(new Map([['x', 'a'.repeat(100_000)]]))
    expect(expandWord('${x//*a*a*a*b/}', long, '\\').value).toHaveLength(100_000)
    expect(expandWord('${x//*a*a*a*/}', long, '\\').value).toBe('')
    expect(expandWord('${x%%*a*a*b*}', long, '\\').value).toHaveLength(100_000)
  })

  test('a pattern that would take too long is an error', () => {
    const half = 'a'.repeat(1 << 19)
    const long = lookupIn(
      new Map([
        ['x', half + half],
        ['p', `${half}b`],
      ]),
    )
    expect(codeOf(() => expandWord('${x//$p/}', long, '\\'))).toBe('TSB_EXPANSION_LIMIT')
    const often = '${x#b}'.repeat(100_000)
    expect(codeOf(() => expandWord(often, long, '\\'))).toBe('TSB_EXPANSION_LIMIT')
  })

  test.each(['$', '${', '\\', "'", '"', '<<', '${A:-', '${A//', ' '])(
    'a text of nothing but %j is read or refused',
    (text) => {
      const long = text.repeat(Math.floor(limit / text.length))
      expect(codeOf(() => expandWords(long, env, '\\'))).toSatisfy(
        (code) => code === undefined || /^TSB_EXPANSION/.test(code),
      )
    },
  )
})
