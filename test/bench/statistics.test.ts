import { expect, test } from 'vitest'
import { median } from '../../bench/statistics.ts'

test.each([
  [[3], 3],
  [[3, 1], 2],
  [[9, 1, 5], 5],
  [[10, 9, 100, 1], 9.5],
])('the median of %j is %d', (samples, middle) => {
  expect(median(samples)).toBe(middle)
})

test('the median of nothing is no number', () => {
  expect(median([])).toBeNaN()
})
