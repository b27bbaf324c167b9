import { describe, expect, it } from 'vitest'
import { readIgnoreFile } from '../../src/context/index.ts'
import { conformanceTable } from '../support/conformance-table.ts'

const read = (text: string) => readIgnoreFile({ name: '.dockerignore', text })
interface ReadRow {
  /** Null when there is no file. */
  readonly text: string | null
  readonly patterns: readonly string[]
}

/** The reference reads these, and refuses them when it makes a matcher of its patterns; here they are refused at once. */
const isLoneMark = (pattern: string) => /^\s*!\s*\/?\s*$/.test(pattern)

for (const table of ['read', 'readMore']) {
  conformanceTable<ReadRow>('dockerignore.json', table, ['text', 'patterns'], ({ text, patterns }) => {
    if (patterns.some(isLoneMark)) expect(() => read(text ?? '')).toThrow('illegal exclusion pattern: "!"')
    const others = (text ?? '').split('\n').filter((line) => !isLoneMark(line))
    expect(read(others.join('\n')).map((rule) => rule.pattern)).toEqual(
      patterns.filter((pattern) => !isLoneMark(pattern)),
    )
  })
}

describe('readIgnoreFile', () => {
  it('says where each pattern stands', () => {
    const [first, second] = read('# c\n  a \n\n!b\r\n')
    expect(first?.at).toMatchObject({ start: { line: 1, column: 2 }, end: { line: 1, column: 3 } })
    expect(second?.at).toMatchObject({ start: { line: 3, column: 0 }, end: { line: 3, column: 2 } })
  })

  it('points at a pattern that is wrong', () => {
    expect(() => read('a\n[b')).toThrow(
      expect.objectContaining({
        code: 'TSB_IGNORE_PATTERN',
        at: expect.objectContaining({ start: { line: 1, column: 0 } }),
      }),
    )
  })
})
