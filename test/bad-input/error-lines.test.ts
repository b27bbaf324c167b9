import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { TsbuildError } from '../../src/errors.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { linesOf } from '../support/outcome.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

interface LinesRow {
  readonly name: string
  readonly dockerfile: string
  readonly lines: readonly number[]
}

describe.skipIf(getuid?.() !== 0)('a build that fails points at the lines to blame (as root)', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    workspace.write({ 'context/other': '' })
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  conformanceTable<LinesRow>('convert.json', 'errorLines', ['name', 'dockerfile', 'lines'], async (row) => {
    workspace.write({ 'context/Dockerfile': row.dockerfile })
    const error: unknown = await workspace.build().catch((thrown: unknown) => thrown)
    if (!(error instanceof TsbuildError)) throw error
    expect(linesOf(error)).toEqual(row.lines)
  })
})
