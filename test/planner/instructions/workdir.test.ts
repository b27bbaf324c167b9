import { expect, test } from 'vitest'
import { resolveWorkdir } from '../../../src/planner/instructions/workdir.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { planError, planText } from '../../support/planning.ts'

interface WorkdirRow {
  readonly name: string
  readonly current: string
  readonly new: string
  readonly result: string
}

conformanceTable<WorkdirRow>('convert.json', 'workdir', ['name', 'current', 'new', 'result'], (row) => {
  expect(resolveWorkdir(row.current, row.new)).toBe(row.result)
})

test('a path may have as many bytes as Linux takes, also one that grows line by line', async () => {
  const workdir = (path: string) => `FROM scratch\nWORKDIR ${path}\n`
  expect((await planText(workdir(`/${'x'.repeat(4094)}`))).image.config.config?.WorkingDir).toHaveLength(4095)
  expect(await planError(workdir(`/${'x'.repeat(4095)}`))).toMatchObject({ code: 'TSB_WORKDIR' })
  expect(await planError(workdir(`/${'ü'.repeat(2048)}`))).toMatchObject({ code: 'TSB_WORKDIR' })
  const error = await planError(`FROM scratch\n${'WORKDIR a\n'.repeat(20_000)}`)
  expect(error).toMatchObject({ code: 'TSB_WORKDIR', at: { start: { line: 2048 } } })
})
