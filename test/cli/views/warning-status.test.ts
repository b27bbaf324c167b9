import { expect, test } from 'vitest'
import { warningStatuses } from '../../../src/cli/views/warning-status.ts'
import type { Warning } from '../../../src/index.ts'

function statuses(text: string, count: number) {
  const source = { name: 'Dockerfile', text }
  const at = { source, start: { line: 0, column: 0 }, end: { line: 0, column: 4 } }
  const warnings = Array.from({ length: count }, (_, i): Warning => ({ rule: 'R', message: `${i}`, at }))
  return warningStatuses(warnings) as readonly { readonly sourceInfo: { readonly data?: string } }[]
}

test('every warning has the Dockerfile, but for many of a large one: then the first has', () => {
  const withData = (text: string, count: number) =>
    statuses(text, count).filter(({ sourceInfo }) => sourceInfo.data).length
  expect(withData('FROM a\n', 100)).toBe(100)
  expect(withData(`FROM a\n#${'x'.repeat(1 << 20)}\n`, 100)).toBe(1)
})
