import { describe, expect, test } from 'vitest'
import { readOutput } from '../../../src/cli/flags/output.ts'

describe('platform-split of -o', () => {
  test.each([
    ['type=local,dest=out', { type: 'local', dest: 'out' }],
    ['type=local,dest=out,platform-split=false', { type: 'local', dest: 'out', platformSplit: false }],
    ['type=local,dest=out,platform-split', { type: 'local', dest: 'out', platformSplit: true }],
    ['type=tar,platform-split=1', { type: 'tar', dest: '-', platformSplit: true }],
  ])('%s', (text, output) => {
    expect(readOutput(text)).toEqual(output)
  })

  test.each([
    ['type=oci,dest=x,platform-split=true', 'only type=local and type=tar take platform-split'],
    ['type=local,dest=out,platform-split=maybe', 'platform-split=maybe is neither true nor false'],
  ])('%s is refused', (text, message) => {
    expect(() => readOutput(text)).toThrow(message)
  })
})
