import { describe, expect, test } from 'vitest'
import { humanDuration, timeAgo } from '../../../src/cli/text/time.ts'
import { ellipsis, humanSize, transferSize, widthOf } from '../../../src/text/index.ts'

const second = 1000
const hour = 3600 * second
const day = 24 * hour

describe('humanSize', () => {
  test.each([
    [0, '0B'],
    [512, '512B'],
    [999, '999B'],
    [1000, '1kB'],
    [1024, '1.02kB'],
    [8_460_000, '8.46MB'],
    [61_200_000, '61.2MB'],
    [74_800_000, '74.8MB'],
    [999_600, '1MB'],
    [999_499, '999kB'],
    [1_200_000_000, '1.2GB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(humanSize(bytes)).toBe(text)
  })
})

describe('transferSize', () => {
  test.each([
    [431, '431B'],
    [12_300, '12.30kB'],
    [3_150_000, '3.15MB'],
    [999_999, '1.00MB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(transferSize(bytes)).toBe(text)
  })
})

describe('humanDuration', () => {
  test.each([
    [999, 'Less than a second'],
    [1 * second, '1 second'],
    [59 * second, '59 seconds'],
    [60 * second, 'About a minute'],
    [119 * second, 'About a minute'],
    [120 * second, '2 minutes'],
    [hour, 'About an hour'],
    [1.4 * hour, 'About an hour'],
    [1.5 * hour, '2 hours'],
    [47 * hour, '47 hours'],
    [48 * hour, '2 days'],
    [13 * day, '13 days'],
    [14 * day, '2 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [729 * day, '24 months'],
    [730 * day, '2 years'],
  ])('%i ms are %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text)
  })
})

test('a time that is missing or at most 2000-01-01 is N/A', () => {
  const now = Date.UTC(2026, 0, 1)
  expect(timeAgo(undefined, now)).toBe('N/A')
  expect(timeAgo('2000-01-01T00:00:00Z', now)).toBe('N/A')
  expect(timeAgo('not a time', now)).toBe('N/A')
  expect(timeAgo('2025-12-31T22:00:00Z', now)).toBe('2 hours ago')
})

test('wide letters count 2 columns and combining ones none', () => {
  expect(widthOf('文件')).toBe(4)
  expect(widthOf('e\u0301')).toBe(1)
  expect(ellipsis('文件文件', 5)).toBe('文件…')
  expect(ellipsis('abcde', 5)).toBe('abcde')
  expect(ellipsis('abcdef', 5)).toBe('abcd…')
})
