import { expect } from 'vitest'
import type { Healthcheck } from '../../../src/image/index.ts'
import { formatHealthcheck } from '../../../src/planner/instructions/healthcheck.ts'
import { conformanceTable } from '../../support/conformance-table.ts'

interface HistoryRow {
  readonly healthcheck: Readonly<Record<string, unknown>>
  readonly createdBy: string
}

conformanceTable<HistoryRow>('convert.json', 'healthcheckHistory', ['healthcheck', 'createdBy'], (row) => {
  const members = Object.entries(row.healthcheck).map(([key, value]) => [
    key.charAt(0).toUpperCase() + key.slice(1),
    value,
  ])
  expect(`HEALTHCHECK ${formatHealthcheck(Object.fromEntries(members) as Healthcheck)}`).toBe(row.createdBy)
})
