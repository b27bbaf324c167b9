import { expect } from 'vitest'
import { resolveWorkdir } from '../../../src/planner/instructions/workdir.ts'
import { conformanceTable } from '../../support/conformance-table.ts'

interface WorkdirRow {
  readonly name: string
  readonly current: string
  readonly new: string
  readonly result: string
}

conformanceTable<WorkdirRow>('convert.json', 'workdir', ['name', 'current', 'new', 'result'], (row) => {
  expect(resolveWorkdir(row.current, row.new)).toBe(row.result)
})
