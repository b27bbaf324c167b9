import { expect, test } from 'vitest'
import { suggestion } from '../../../src/planner/checks/suggestion.ts'

test.each([
  ['PAHT', ['HOME', 'PATH'], ' (did you mean PATH?)'],
  ['F', ['FOO'], ' (did you mean FOO?)'],
  ['FOOD', ['FO', 'FOO'], ' (did you mean FOO?)'],
  ['foo', ['FOO'], ''],
  ['ABCD', ['BADC'], ''],
  ['x', [], ''],
])('%s among %j: "%s"', (written, known, expected) => {
  expect(suggestion(written, known)).toBe(expected)
})

test('a name of hostile length has no neighbours', () => {
  expect(suggestion('x'.repeat(1 << 20), ['x'.repeat((1 << 20) - 1)])).toBe('')
})
