import { describe, expect, test } from 'vitest'
import { readCall } from '../../../src/cli/flags/call.ts'
import { FlagError } from '../../../src/cli/flags/flag-error.ts'

describe('--call', () => {
  test.each(['', 'build', 'build,format=json'])('%j is a build', (text) => expect(readCall(text)).toBeUndefined())

  test.each([
    ['check', { method: 'check', format: 'text', ignoreStatus: false }],
    ['lint', { method: 'check', format: 'text', ignoreStatus: false }],
    ['format=json,outline', { method: 'outline', format: 'json', ignoreStatus: false }],
    ['check,format=sarif,ignorestatus=1', { method: 'check', format: 'sarif', ignoreStatus: true }],
    ['check,ignorestatus=false', { method: 'check', format: 'text', ignoreStatus: false }],
    ['"targets"', { method: 'targets', format: 'text', ignoreStatus: false }],
    ['subrequests.describe', { method: 'subrequests.describe', format: 'text', ignoreStatus: false }],
  ])('%j names a method and its form', (text, call) => expect(readCall(text)).toEqual(call))

  test.each([
    ['chek', 'did you mean "check"?'],
    ['check,format=yaml', 'one of text, json, sarif'],
    ['check,fromat=json', 'keys: format, ignorestatus'],
    ['outline,format=sarif', 'write format=json'],
    ['check,ignorestatus=maybe', undefined],
  ])('%j is refused', (text, hint) => {
    expect(() => readCall(text)).toThrow(FlagError)
    expect(() => readCall(text)).toThrow(expect.objectContaining({ hint }))
  })
})
