import { describe, expect, test } from 'vitest'
import { nearest } from '../src/errors.ts'

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
