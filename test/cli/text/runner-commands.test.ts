import { describe, expect, test } from 'vitest'
import { commandText, gitlabSection } from '../../../src/cli/text/runner-commands.ts'

describe('a command to a CI runner', () => {
  test('what stands in it neither ends it nor begins another one', () => {
    const hostile = 'a\r\n::error::b%0A, c:d\x1b[2J'
    expect(commandText('warning', { file: hostile, line: 3, col: undefined }, hostile)).toBe(
      '::warning file=a%0A%3A %3Aerror%3A%3Ab%250A%2C c%3Ad<U+001B>[2J,line=3::a%0A: :error::b%250A, c:d<U+001B>[2J\n',
    )
  })

  test('the title of a section has no controls of its own', () => {
    expect(gitlabSection('start', 5, 'x_1', 'a\r\x1b[0Kb')).toBe(
      '\x1b[0Ksection_start:5:x_1[collapsed=true]\r\x1b[0Ka<U+000D><U+001B>[0Kb\n',
    )
  })
})
