import { describe, expect, it } from 'vitest'
import { readIgnoreFile } from '../../src/context/index.ts'
import { conformanceCases, hasConformance, skipReason } from '../support/conformance.ts'

const read = (text: string) => readIgnoreFile({ name: '.dockerignore', text })
/** The reference reads these, and refuses them when it makes a matcher of them. */
const isLoneMark = (pattern: string) => pattern === '!' || pattern === '!/'

describe.skipIf(!hasConformance)(`reading (${hasConformance ? 'conformance' : skipReason})`, () => {
  for (const table of ['read', 'readMore']) {
    for (const [index, { text, patterns }] of conformanceCases<{
      readonly text: string | null
      readonly patterns: readonly string[]
    }>('dockerignore.json', table).entries()) {
      it(`${table}#${index}: ${JSON.stringify(text)}`, () => {
        if (patterns.some(isLoneMark)) expect(() => read(text ?? '')).toThrow('illegal exclusion pattern: "!"')
        else expect(read(text ?? '').map((rule) => rule.pattern)).toEqual(patterns)
      })
    }
  }
})

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
