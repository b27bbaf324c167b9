import { describe, expect, it } from 'vitest'
import { patternList } from '../../src/tree/index.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'

const file = 'dockerignore.json'
const badPattern = expect.objectContaining({ code: 'TSB_PATTERN' })

interface MatchRow {
  readonly name?: string
  readonly patterns: readonly string[]
  readonly path: string
  readonly match?: boolean
  /** True for any message. */
  readonly error?: true | string
  /** What the function in use gives, where the answer is an older one's: in no row another. */
  readonly observedOrParent?: boolean | { readonly error: string }
}

const matchFields = ['name', 'patterns', 'path', 'match', 'error', 'observedOrParent'] as const
for (const table of ['single', 'multi', 'more', 'simple', 'legacyMatch']) {
  conformanceTable<MatchRow>(file, table, matchFields, ({ patterns, path, match, error, observedOrParent }) => {
    if (error === undefined) {
      expect(patternList(patterns).matches(path)).toBe(match)
      expect(observedOrParent ?? match).toBe(match)
      return
    }
    const observed = typeof observedOrParent === 'object' ? observedOrParent.error : error
    expect(() => patternList(patterns)).toThrow(badPattern)
    expect(errorOf(() => patternList(patterns))?.message).toContain(observed)
  })
}

interface MalformedRow {
  readonly patterns: readonly string[]
  readonly path: string
  readonly times: number
  /** False: upstream finds out only when it matches. */
  readonly newError: boolean
  readonly matchError: boolean
}

const malformedFields = ['patterns', 'path', 'times', 'newError', 'matchError'] as const
conformanceTable<MalformedRow>(
  file,
  'malformed',
  malformedFields,
  ({ patterns, path, times, newError, matchError }) => {
    expect({ newError, matchError }).toEqual({ newError: false, matchError: true })
    for (let i = 0; i < times; i++) expect(() => patternList(patterns).matches(path)).toThrow(badPattern)
  },
)

interface CleanRow {
  readonly name: string
  readonly patterns: readonly string[]
  /** Patterns that are kept. */
  readonly count?: number
  readonly hasExclusions?: boolean
  readonly error?: true
}

conformanceTable<CleanRow>(file, 'clean', ['name', 'patterns', 'count', 'hasExclusions', 'error'], (row) => {
  if (row.error) return expect(() => patternList(row.patterns)).toThrow(badPattern)
  const list = patternList(row.patterns)
  const paths = row.patterns.map((pattern) => pattern.trim().replace('!', ''))
  const deciding = new Set(paths.flatMap((path) => list.decider(path) ?? []))
  if (row.count !== undefined) expect(deciding.size).toBe(row.count)
  if (row.hasExclusions !== undefined) expect(paths.some((path) => !list.matches(path))).toBe(row.hasExclusions)
})

describe('patternList', () => {
  it('names the pattern that decided', () => {
    const list = patternList(['', '*.md', '!README.md'])
    expect(list.decider('a.md')).toBe(1)
    expect(list.decider('README.md')).toBe(2)
    expect(list.decider('a.txt')).toBeUndefined()
  })

  it('does not know below a directory of a pattern that changed nothing for the directory, as the walk of BuildKit', () => {
    expect(patternList(['*/x', '!a']).matches('a/x')).toBe(true)
    expect(patternList(['x', '!a']).matches('a')).toBe(false)
    expect(patternList(['**/*.log', '!app']).matches('app/y.log')).toBe(true)
    expect(patternList(['**/*.log', '!app/**']).matches('app/y.log')).toBe(false)
    expect(patternList(['a', '!a/b', 'a']).matches('a/b')).toBe(false)
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

  it('takes \\b for a boundary of words, as Go does: a backslash parts no directories', () => {
    expect(patternList(['dir\\build*']).matches('dir/build')).toBe(false)
    expect(patternList(['dir\\build*']).matches('dirbuild')).toBe(false)
    expect(patternList(['dir\\b*']).matches('dir-x')).toBe(true)
    expect(patternList(['dir\\Build*']).matches('diruild')).toBe(true)
  })

  it('refuses escapes that no path needs instead of guessing', () => {
    expect(() => patternList(['dir\\public*'])).toThrow(badPattern)
    expect(() => patternList(['dir\\1*'])).toThrow(badPattern)
  })

  it('C20 many stars cost no more than pattern times path', () => {
    const { matches } = patternList(['**/**/**/a*a*a*a*a*b'])
    expect(matches('a'.repeat(4096))).toBe(false)
    expect(matches(`${'a/'.repeat(2000)}${'a'.repeat(96)}c`)).toBe(false)
  })
})
