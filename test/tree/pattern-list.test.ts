import { describe, expect, it } from 'vitest'
import { patternList } from '../../src/tree/index.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'

const file = 'dockerignore.json'
const badPattern = expect.objectContaining({ code: 'TSB_PATTERN' })

interface MatchCase {
  readonly patterns: readonly string[]
  readonly path: string
  readonly match?: boolean
  readonly error?: boolean | string
  /** Where the table's own answer comes from an older function. */
  readonly observedOrParent?: boolean | { readonly error: string }
}

describe.skipIf(!hasConformance)(`patternmatcher (${hasConformance ? 'conformance' : skipReason})`, () => {
  for (const table of ['single', 'multi', 'more', 'simple', 'legacyMatch']) {
    for (const [index, row] of conformanceCases<MatchCase>(file, table).entries()) {
      it(`${table}#${index}: ${JSON.stringify(row.patterns)} against ${JSON.stringify(row.path)}`, () => {
        const expected = row.observedOrParent ?? (row.error ? { error: '' } : row.match)
        if (typeof expected === 'object') expect(() => patternList(row.patterns)).toThrow(badPattern)
        else expect(patternList(row.patterns).matches(row.path)).toBe(expected)
      })
    }
  }

  it('malformed: a class that is wrong is an error when the list is read (the reference waits for the first match)', () => {
    for (const { patterns } of conformanceCases<{ readonly patterns: readonly string[] }>(file, 'malformed')) {
      expect(() => patternList(patterns)).toThrow(badPattern)
    }
  })

  for (const { name, patterns, error } of conformanceCases<{
    readonly name: string
    readonly patterns: readonly string[]
    readonly error?: boolean
  }>(file, 'clean')) {
    it(`clean: ${name}`, () => {
      if (error) expect(() => patternList(patterns)).toThrow(badPattern)
      else expect(patternList(patterns).matches('docs/x')).toBe(true)
    })
  }
})

describe('patternList', () => {
  it('names the pattern that decided', () => {
    const list = patternList(['', '*.md', '!README.md'])
    expect(list.decider('a.md')).toBe(1)
    expect(list.decider('README.md')).toBe(2)
    expect(list.decider('a.txt')).toBeUndefined()
  })

  it('lets a later pattern decide again below a directory that was taken back', () => {
    const list = patternList(['a', '!a/b', 'a'])
    expect(list.matches('a/b')).toBe(true)
  })

  it('says where a ! could still matter', () => {
    const below = (patterns: readonly string[], directory: string) => patternList(patterns).mayDifferBelow(directory)
    expect(below(['node_modules'], 'node_modules')).toBe(false)
    expect(below(['node_modules', '!src/keep'], 'node_modules')).toBe(false)
    expect(below(['node_modules', '!node_modules/keep/x'], 'node_modules')).toBe(true)
    expect(below(['node_modules', '!node_modules/keep/x'], 'node_modules/other')).toBe(false)
    expect(below(['*', '!a/*/c'], 'a/b')).toBe(true)
    expect(below(['*', '!a/*/c'], 'b')).toBe(false)
    expect(below(['*', '!**/*.md'], 'b')).toBe(true)
    expect(below(['!**/*.md', '*'], 'b')).toBe(false)
    expect(below(['*', '!a/**'], 'a/b')).toBe(false)
  })

  it('matches bytes that are no text like any character', () => {
    expect(patternList(['a?c', '*.log']).matches('a\udcffc')).toBe(true)
    expect(patternList(['*.log']).matches('\udc80.log')).toBe(true)
  })

  it('refuses escapes that no path needs instead of guessing', () => {
    expect(() => patternList(['dir\\build*'])).toThrow(badPattern)
  })

  it('C20: many stars cost no more than pattern times path', () => {
    const { matches } = patternList(['**/**/**/a*a*a*a*a*b'])
    expect(matches('a'.repeat(4096))).toBe(false)
    expect(matches(`${'a/'.repeat(2000)}${'a'.repeat(96)}c`)).toBe(false)
  })
})
