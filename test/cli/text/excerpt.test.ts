import { describe, expect, test } from 'vitest'
import { blamedLines, excerpt } from '../../../src/cli/text/excerpt.ts'
import type { SourceRange } from '../../../src/source.ts'

/** From columns of lines, both from 1 on; the end is exclusive. */
function range(text: string, from: [line: number, column: number], to: [line: number, column: number]): SourceRange {
  const [start, end] = [from, to].map(([line, column]) => ({ line: line - 1, column: column - 1 }))
  const source = { name: 'Dockerfile', text }
  return { source, start: start ?? { line: 0, column: 0 }, end: end ?? { line: 0, column: 0 } }
}

describe('an excerpt', () => {
  test('begins with the place, and the code of the error behind it', () => {
    const at = range('FROM a\n', [1, 6], [1, 7])
    expect(excerpt(at).split('\n')[0]).toBe('Dockerfile:1')
    expect(excerpt(at, 'TSB_X').split('\n')[0]).toBe('Dockerfile:1  [TSB_X]')
  })

  test('of an empty file is its place', () => {
    expect(excerpt(range('', [1, 1], [1, 1]))).toBe('Dockerfile:1\n')
  })

  test('of a very long line shows the part to blame and what is around it', () => {
    const line = `RUN ${'x'.repeat(100_000)} --wrong ${'y'.repeat(100_000)}`
    const column = line.indexOf('--wrong') + 1
    const [, , text = '', caret = ''] = excerpt(range(line, [1, column], [1, column + 7])).split('\n')
    expect(text).toMatch(/^ {3}1 \| >>> …x{39} --wrong y+…$/)
    expect(text.length).toBeLessThan(260)
    expect(caret.indexOf('^')).toBe(text.indexOf('--wrong'))
    expect(caret.trim()).toBe('|'.padEnd(caret.trim().length - 7).concat('^'.repeat(7)))
  })

  test('of a very long line that is to blame as a whole shows its beginning', () => {
    const line = `RUN ${'x'.repeat(1000)}`
    const [, , text] = excerpt(range(line, [1, 1], [1, line.length + 1])).split('\n')
    expect(text).toMatch(/^ {3}1 \| >>> RUN x{236}…$/)
  })

  test('C14 of a line with a login in a URL shows stars, and blames the same part', () => {
    const line = 'ADD https://me:CANARY@x.test/f /'
    const [, , text, caret = ''] = excerpt(range(line, [1, 5], [1, 31])).split('\n')
    expect(text).toBe('   1 | >>> ADD https://*********@x.test/f /')
    expect(caret.trimEnd()).toBe(`     |         ${'^'.repeat(26)}`)
    expect(blamedLines(range(line, [1, 5], [1, 31]))).not.toContain('CANARY')
  })

  test('of many lines shows the first of them and says how many there are', () => {
    const text = `FROM a\nRUN <<EOF\n${'x\n'.repeat(1000)}EOF\nRUN true\n`
    const lines = excerpt(range(text, [2, 1], [1003, 4]))
      .trimEnd()
      .split('\n')
    expect(lines.at(-2)).toBe('     | >>> … 990 more lines')
    expect(lines.filter((line) => line.includes('>>>'))).toHaveLength(13)
  })
})

test('the lines to blame alone have nothing around them', () => {
  const text = 'FROM a\nENV b \\\n  c\nRUN d\n'
  expect(blamedLines(range(text, [2, 1], [3, 4]))).toBe('   2 | >>> ENV b \\\n   3 | >>>   c\n')
  expect(blamedLines(range(text, [2, 5], [2, 6]))).toBe('   2 | >>> ENV b \\\n     |         ^\n')
})
