import { expect } from 'vitest'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'
import { scanText, treeNode } from './tree.ts'

const nodeOf = (text: string) => scanText(text).statements.map(treeNode)[0]

interface ArrayRow {
  readonly text: string
  readonly valid: boolean
  readonly words?: readonly string[]
  readonly error?: string
}

conformanceTable<ArrayRow>('exec-form-json.json', 'array', ['text', 'valid', 'words', 'error'], (row) => {
  const read = () => nodeOf(`CMD ${row.text}`)
  expect(errorOf(read)?.message).toBe(row.error)
  if (row.valid) expect(read()).toMatchObject({ json: true, args: row.words })
})

interface FallbackRow {
  readonly instruction: string
  readonly text: string
  readonly form: 'exec' | 'shell' | 'error'
  readonly words?: readonly string[]
  readonly error?: string
}

const fallbackFields = ['instruction', 'text', 'form', 'words', 'error'] as const
conformanceTable<FallbackRow>('exec-form-json.json', 'fallback', fallbackFields, (row) => {
  const read = () => nodeOf(`${row.instruction} ${row.text}`)
  expect(errorOf(read)?.message).toBe(row.error)
  if (row.form !== 'error') expect(read()).toMatchObject({ json: row.form === 'exec', args: row.words })
})
