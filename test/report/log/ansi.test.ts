import { describe, expect, test } from 'vitest'
import { plainLook, spansOf } from '../../../src/report/log/ansi.ts'

function spans(...lines: readonly string[]): readonly (readonly string[])[] {
  const look = plainLook()
  return lines.map((line) => spansOf(line, look).map(({ text, look }) => (look === '' ? text : `${look}|${text}`)))
}

describe('a line of a terminal as spans', () => {
  test('colours and weights become classes, and go on over the end of a line', () => {
    expect(spans('\x1b[1;32mok\x1b[0m 1', '\x1b[31mred', 'still\x1b[39m not')).toEqual([
      ['b c2|ok', ' 1'],
      ['c1|red'],
      ['c1|still', ' not'],
    ])
  })

  test('bright and indexed colours are of the same sixteen; others and backgrounds are left out', () => {
    expect(spans('\x1b[93ma\x1b[38;5;4mb\x1b[38;5;200mc\x1b[38;2;1;2;3md\x1b[48;5;1me\x1b[41mf')).toEqual([
      ['c11|a', 'c4|b', 'c', 'd', 'e', 'f'],
    ])
  })

  test('each weight ends as it began', () => {
    expect(spans('\x1b[2ma\x1b[22mb\x1b[3mc\x1b[23md\x1b[4me\x1b[24mf')).toEqual([['f|a', 'b', 'i|c', 'd', 'u|e', 'f']])
  })

  test('all other commands and controls are taken out', () => {
    expect(spans('a\x1b[2Jb\x1b]0;title\x07c\x1b]8;;http://x\x1b\\d\x07\x9b1Ae\x00')).toEqual([['abcde']])
  })
})
