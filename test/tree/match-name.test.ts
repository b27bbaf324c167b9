import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapePattern, hasWildcard, matchName } from '../../src/tree/index.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'

interface MatchRow {
  readonly name: string
  readonly pattern: string
  readonly match: boolean
  readonly error: boolean
}

for (const table of ['match', 'more']) {
  conformanceTable<MatchRow>('filepath-match.json', table, ['name', 'pattern', 'match', 'error'], (row) => {
    const matched = () => matchName(row.pattern, row.name)
    if (row.error) expect(errorOf(matched)?.code).toBe('TSB_PATTERN')
    else expect(matched()).toBe(row.match)
  })
}

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

describe('the pattern of a name', () => {
  it('matches the name and no other', () => {
    const character = fc.constantFrom('a', '*', '?', '[', ']', '\\', '^', '-')
    const name = fc.string({ unit: character, minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(name, name, (one, other) => {
        const pattern = escapePattern(one)
        const matches = hasWildcard(pattern) ? matchName(pattern, other) : pattern === other
        expect(matches).toBe(one === other)
      }),
    )
  })
})
