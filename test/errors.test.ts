import { describe, expect, test } from 'vitest'
import { nearest, TsbuildError } from '../src/errors.ts'

describe('the nearest candidate', () => {
  test.each([
    ['biuld', ['test', 'build'], 'build'],
    ['COPPY', ['COPY', 'RUN'], 'COPY'],
    ['tets', ['build', 'test'], 'test'],
    ['a', ['bcd'], undefined],
    ['release', ['debug'], undefined],
  ])('to %s of %j is %s', (typed, candidates, expected) => {
    expect(nearest(typed, candidates)).toBe(expected)
  })

  test('is not looked for when nobody has typed that much', () => {
    const long = 'x'.repeat(60_000)
    expect(nearest(long, [`${long}y`])).toBeUndefined()
  })

  test('is looked for among as many as are quickly gone through', () => {
    const names = Array.from({ length: 1_000_000 }, (_, i) => `name-${i}`)
    expect(nearest('nam-7', names)).toBe('name-7')
  })
})

describe('a message', () => {
  test('shows the beginning and the end of a text that nobody would read', () => {
    const { message, hint } = new TsbuildError('TSB_X', `process "${'x'.repeat(100_000)}": exit code: 7`, {
      hint: `${'y'.repeat(5000)}.`,
    })
    expect(message).toMatch(/^process "x{1491} … x+": exit code: 7$/)
    expect([message.length < 2000, hint?.endsWith('y.'), hint && hint.length < 2000]).toEqual([true, true, true])
  })

  test('has no logins, also where it is cut', () => {
    const text = `${'x'.repeat(1490)} https://user:token@example.com/ ${'x'.repeat(5000)}`
    expect(new TsbuildError('TSB_X', text).message).not.toContain('token')
  })
})
