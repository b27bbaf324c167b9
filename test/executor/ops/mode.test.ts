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

test('X is x for directories, and for files with some x', () => {
  expect(octal(parseMode('a=rX').apply(0o600, true))).toBe('0555')
  expect(octal(parseMode('a=rX').apply(0o610, false))).toBe('0555')
  expect(octal(parseMode('u+x,u-X').apply(0o611, false))).toBe('0611')
})

test.each([
  ['u=rwx', 0o6755, '2755'],
  ['a=rx', 0o7777, '1555'],
  ['o=', 0o1777, '1770'],
  ['o+st', 0o755, '0755'],
  ['uo+t', 0o755, '1755'],
  ['=t', 0o755, '1755'],
  ['+rt', 0o711, '1711'],
  ['u=gr', 0o750, '0450'],
  ['g=ou', 0o741, '0771'],
  ['u-g', 0o750, '0250'],
  ['a++x', 0o644, '0755'],
])('--chmod=%s turns %o into %s, as setmode(3) has it, for directories too', (text, before, after) => {
  expect(octal(parseMode(text).apply(before, false))).toBe(after)
  expect(octal(parseMode(text).apply(before, true))).toBe(after)
})

test.each(['64a', '10000', 'u', 'z+x', 'u+q', '', 'u=rw;rm', '-1', '0o755'])('%j is refused', (text) => {
  expect(() => parseMode(text)).toThrow(expect.objectContaining({ code: 'TSB_CHMOD' }))
})

test('only an octal mode is one for directories made on the way', () => {
  expect([parseMode('0700').absolute, parseMode('u=rwx').absolute]).toEqual([true, false])
})
