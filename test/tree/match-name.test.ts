import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { hasWildcard, matchName } from '../../src/tree/index.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'

interface MatchCase {
  readonly name: string
  readonly pattern: string
  readonly match: boolean
  readonly error: boolean
}

describe.skipIf(!hasConformance)(`Go's filepath.Match (${hasConformance ? 'conformance' : skipReason})`, () => {
  for (const table of ['match', 'more']) {
    for (const [index, { name, pattern, match, error }] of conformanceCases<MatchCase>(
      'filepath-match.json',
      table,
    ).entries()) {
      it(`${table}#${index}: ${JSON.stringify(pattern)} against ${JSON.stringify(name)}`, () => {
        if (error) expect(() => matchName(pattern, name)).toThrow(TsbuildError)
        else expect(matchName(pattern, name)).toBe(match)
      })
    }
  }
})

describe('hasWildcard', () => {
  it('sees stars, question marks and brackets', () => {
    expect(['a*', 'a?b', 'x/[ab]', '\\\\*'].map(hasWildcard)).toEqual([true, true, true, true])
  })

  it('does not count what stands behind a backslash', () => {
    expect(['a', 'a\\*b', '\\[a]', ''].map(hasWildcard)).toEqual([false, false, false, false])
  })
})

it('a pattern of many stars takes no more than pattern times name', () => {
  expect(matchName(`${'a*'.repeat(30)}b`, 'a'.repeat(4096))).toBe(false)
})
