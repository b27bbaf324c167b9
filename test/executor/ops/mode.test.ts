import { expect, test } from 'vitest'
import { parseMode } from '../../../src/executor/ops/mode.ts'

const octal = (mode: number) => mode.toString(8).padStart(4, '0')

test.each([
  ['0755', 0o600, '0755'],
  ['4755', 0o600, '4755'],
  ['0', 0o777, '0000'],
  ['u=rwX,go=rX', 0o600, '0644'],
  ['u=rwX,go=rX', 0o700, '0755'],
  ['a+x', 0o644, '0755'],
  ['+x', 0o644, '0755'],
  ['go-w', 0o666, '0644'],
  ['u+s', 0o755, '4755'],
  ['g=u', 0o750, '0770'],
  ['o=', 0o777, '0770'],
  ['+t', 0o777, '1777'],
  ['u=rw,u+x,g-r', 0o640, '0700'],
])('--chmod=%s turns %o of a file into %s', (text, before, after) => {
  expect(octal(parseMode(text).apply(before, false))).toBe(after)
})

test('X gives x to directories', () => {
  expect(octal(parseMode('a=rX').apply(0o600, true))).toBe('0555')
})

test.each(['64a', '10000', 'u', 'z+x', 'u+q', '', 'u=rw;rm', '-1', '0o755'])('%j is refused', (text) => {
  expect(() => parseMode(text)).toThrow(expect.objectContaining({ code: 'TSB_CHMOD' }))
})

test('only an octal mode is one for directories made on the way', () => {
  expect([parseMode('0700').absolute, parseMode('u=rwx').absolute]).toEqual([true, false])
})
