import { describe, expect, test } from 'vitest'
import { ignoredBy } from '../../../src/planner/checks/ignored-sources.ts'
import { planText } from '../../support/planning.ts'

describe('a source that the ignore file takes away', () => {
  test('is one that a pattern matches, or a directory above it', () => {
    const isIgnored = ignoredBy(['a', 'b/*.log', '**/c'])
    expect(['a', 'a/x', 'b/1.log', 'c', 'x/y/c/z'].filter(isIgnored)).toHaveLength(5)
    expect(['ab', 'b', 'b/1.txt', '.', '/', '/a'].filter(isIgnored)).toEqual([])
  })

  test('is the root only for patterns that take everything', () => {
    for (const pattern of ['*', '**', '**/*']) expect(['.', '/', '/a'].filter(ignoredBy([pattern]))).toHaveLength(3)
    for (const pattern of ['.*', '?*', 'x']) expect(['.', '/'].filter(ignoredBy([pattern]))).toEqual([])
  })

  test('is none that could be taken back by a !', () => {
    expect(ignoredBy(['*', '!b'])('a')).toBe(false)
  })
})

describe('the ignore file', () => {
  async function asked(text: string): Promise<number> {
    let count = 0
    const ignorePatterns = async () => {
      count++
      return []
    }
    await planText(text, { ignorePatterns })
    return count
  }

  test('is asked for once, when something of the context is copied', async () => {
    expect(await asked('FROM scratch\nCOPY a b /x/\nADD c /x/\n')).toBe(1)
  })

  test('is not asked for by stages, heredocs, and what the target does not need', async () => {
    expect(await asked('FROM scratch AS a\nFROM scratch\nCOPY --from=a x /x\nCOPY <<E /y\nE\n')).toBe(0)
    expect(await asked('FROM scratch\nCOPY a /x\nFROM scratch\n')).toBe(0)
  })
})
