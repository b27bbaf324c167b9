import { expect } from 'vitest'
import { formOf } from '../../src/tree/path-pattern.ts'
import { conformanceTable } from '../support/conformance-table.ts'

interface CompileRow {
  readonly pattern: string
  readonly type: 'exact' | 'prefix' | 'suffix' | 'regexp'
  readonly regexp?: string
}

conformanceTable<CompileRow>('dockerignore.json', 'compile', ['pattern', 'type', 'regexp'], (row) => {
  const form = formOf(row.pattern)
  expect(form.kind).toBe(row.type)
  expect(form.kind === 'regexp' ? `^${form.source}$` : undefined).toBe(row.regexp)
})
