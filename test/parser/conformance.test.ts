import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from '../../src/parser/index.ts'
import { conformancePath, hasConformance, skipReason } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf, linesOf } from '../support/outcome.ts'
import { dump, scanText, treeNode } from './tree.ts'

const folders = hasConformance ? readdirSync(conformancePath('parser')) : []
const fileText = (name: string) => readFileSync(conformancePath(name), 'utf8')

describe.skipIf(!hasConformance)(`BuildKit's parse trees (${hasConformance ? 'conformance' : skipReason})`, () => {
  test.each(folders)('parser/%s', (name) => {
    const dumped = scanText(fileText(`parser/${name}/Dockerfile`)).statements.map((statement) =>
      dump(treeNode(statement)),
    )
    expect(`${dumped.join('\n')}\n`).toBe(fileText(`parser/${name}/result`))
  })

  test('parser-nodes.json has a row for each of them', () => {
    const rows = JSON.parse(fileText('parser-nodes.json')) as { tables: { files: { cases: { case: string }[] } } }
    expect(rows.tables.files.cases.map((row) => row.case).sort()).toEqual(folders.toSorted())
  })

  test('parser-negative.json has a row for each file that is refused', () => {
    const rows = JSON.parse(fileText('parser-negative.json')) as { tables: { files: { cases: { case: string }[] } } }
    expect(rows.tables.files.cases.map((row) => row.case).sort()).toEqual(
      readdirSync(conformancePath('parser-negative')).sort(),
    )
  })
})

interface NodesRow {
  readonly case: string
  readonly escape: string
  readonly start: number
  readonly end: number
  readonly warnings: readonly { readonly line: number; readonly short: string }[]
  readonly instructions: readonly {
    readonly value: string
    readonly start: number
    readonly end: number
    readonly original: string
    readonly args: readonly (string | { args: string[]; flags: string[]; json: boolean; value: string })[]
    readonly json?: boolean
    readonly flags?: readonly string[]
    readonly comments?: readonly string[]
  }[]
}

const nodesFields = ['case', 'escape', 'start', 'end', 'warnings', 'instructions'] as const
conformanceTable<NodesRow>('parser-nodes.json', 'files', nodesFields, (row) => {
  const scanned = scanText(fileText(`parser/${row.case}/Dockerfile`))
  const { statements, warnings } = scanned
  expect(scanned.escape).toBe(row.escape)
  expect(warnings.map(({ message, at }) => ({ line: at.end.line + 1, short: message }))).toEqual(row.warnings)
  const found = statements.map((statement) => {
    const { keyword, args, json, flags } = treeNode(statement)
    return {
      value: keyword,
      start: statement.at.start.line + 1,
      end: statement.at.end.line + 1,
      original: statement.text,
      args: args.map((arg) => (typeof arg === 'string' ? arg : { ...arg, value: arg.keyword, keyword: undefined })),
      json,
      flags,
      comments: statement.comments,
    }
  })
  expect(found).toEqual(row.instructions.map((node) => ({ json: false, flags: [], comments: [], ...node })))
  expect([found[0]?.start, found.at(-1)?.end]).toEqual([row.start, row.end])
})

interface NegativeRow {
  readonly case: string
  readonly error: string
  /** 0 is a file without lines. */
  readonly lines: readonly number[]
}

conformanceTable<NegativeRow>('parser-negative.json', 'files', ['case', 'error', 'lines'], (row) => {
  const source = { name: 'Dockerfile', text: fileText(`parser-negative/${row.case}/Dockerfile`) }
  const error = errorOf(() => parse(source))
  expect(error?.message).toContain(row.error)
  expect(linesOf(error)).toEqual(row.lines.filter((line) => line > 0))
})
