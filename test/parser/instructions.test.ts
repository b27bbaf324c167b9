import { expect } from 'vitest'
import { parse } from '../../src/parser/index.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf, linesOf } from '../support/outcome.ts'
import { readFirst } from './first-instruction.ts'
import { rowValues, type StageRow, stageRow } from './instruction-rows.ts'

const file = 'instructions.json'
const parseText = (text: string) => parse({ name: 'Dockerfile', text })

/** tsbuild has its suggestion in the hint, and suggests only what is close to what was typed: no `from` for `foo`. */
const withoutSuggestion = (message: string) => message.replace(/ \(did you mean .*\?\)$/, '')
const withoutPlace = (message: string | undefined) => message?.replace(/^dockerfile parse error on line \d+: /, '')

interface FixedRow {
  readonly dockerfile: string
  readonly error: string
}

conformanceTable<FixedRow>(file, 'fixedErrors', ['dockerfile', 'error'], ({ dockerfile, error }) => {
  expect(withoutPlace(errorOf(() => readFirst(dockerfile))?.message)).toBe(error)
})

interface NodeRow {
  readonly instruction: string
  readonly args: readonly string[]
  /** Of nodes that BuildKit's own parser cannot make either. */
  readonly error: string
}

conformanceTable<NodeRow>(file, 'nodeErrors', ['instruction', 'args', 'error'], ({ instruction, args }) => {
  const [name, ...value] = args
  const pairs = [{ name: { text: name }, value: { text: value.join(' ').trim() } }]
  expect(readFirst(`${instruction} ${args.join(' ')}`), 'a text has pairs and nothing beside them').toMatchObject({
    pairs,
  })
})

interface ErrorRow {
  readonly name: string
  readonly dockerfile: string
  readonly errorContains: string
  readonly observedError: string
}

const errorFields = ['name', 'dockerfile', 'errorContains', 'observedError'] as const
conformanceTable<ErrorRow>(file, 'errors', errorFields, ({ dockerfile, errorContains, observedError }) => {
  const message = errorOf(() => readFirst(dockerfile))?.message
  expect(message).toContain(errorContains)
  expect(withoutPlace(message)).toBe(withoutSuggestion(observedError))
})

interface CrashRow {
  readonly line: string
  readonly error?: string
}

conformanceTable<CrashRow>(file, 'noCrash', ['line', 'error'], ({ line, error }) => {
  expect(errorOf(() => parseText(`FROM busybox\n${line}`))?.message).toBe(error)
})

interface ExtraRow {
  readonly dockerfile: string
  readonly error?: {
    readonly lines: readonly number[]
    readonly message?: string
    readonly messageOneOf?: readonly string[]
  }
  readonly stages?: readonly StageRow[]
  readonly metaArgs?: readonly { readonly Args: readonly unknown[] }[]
}

const ofTheLineItself = 'BuildKit counts the lines of directives from 0; the line itself is named'

conformanceTable<ExtraRow>(
  file,
  'extra',
  ['dockerfile', 'error', 'stages', 'metaArgs'],
  ({ dockerfile, error, stages, metaArgs }) => {
    if (error) return expectError(dockerfile, error)
    const parsed = parseText(dockerfile)
    expect(parsed.stages.map(stageRow)).toEqual(stages)
    const args = metaArgs?.flatMap((row) => row.Args) ?? []
    expect(parsed.globalArgs.flatMap((arg) => rowValues(arg)['Args'])).toEqual(args)
  },
  { 160: ofTheLineItself, 161: ofTheLineItself, 162: ofTheLineItself },
)

function expectError(dockerfile: string, { lines, message = '', messageOneOf }: Required<ExtraRow>['error']) {
  const found = errorOf(() => parseText(dockerfile))
  const expected = (messageOneOf ?? [message]).map(withoutSuggestion)
  expect(expected.filter((one) => found?.message.includes(one))).not.toEqual([])
  // An error at a word names fewer lines than one at the whole instruction.
  expect(lines).toEqual(expect.arrayContaining([...linesOf(found)]))
}
