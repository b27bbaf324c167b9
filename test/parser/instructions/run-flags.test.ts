import { describe, expect, test } from 'vitest'
import { parse } from '../../../src/parser/index.ts'
import { conformanceTable } from '../../support/conformance-table.ts'
import { errorOf } from '../../support/outcome.ts'

function runOf(line: string) {
  const [run] = parse({ name: 'Dockerfile', text: `FROM a\n${line}\n` }).stages[0]?.instructions ?? []
  if (run?.kind !== 'run') throw new Error(`no RUN: ${run?.kind}`)
  return run
}

const devicesOf = (value: string) => runOf(`RUN --device=${value} x`).devices.map(({ at: _, ...device }) => device)

interface DeviceRow {
  readonly input: string
  readonly name?: string
  readonly required?: boolean
  readonly error?: string
}

conformanceTable<DeviceRow>('instructions.json', 'runDevice', ['input', 'name', 'required', 'error'], (row) => {
  const { input, error, ...device } = row
  if (error === undefined) expect(devicesOf(input)).toEqual([device])
  else expect(errorOf(() => devicesOf(input))?.message).toContain(error)
})

interface UsedRow {
  readonly dockerfile: string
  readonly flagsUsed: readonly string[]
}

conformanceTable<UsedRow>(
  'instructions.json',
  'flagsUsed',
  ['dockerfile', 'flagsUsed'],
  ({ dockerfile, flagsUsed }) => {
    expect(runOf(dockerfile).flags.map(({ name }) => name)).toEqual(flagsUsed)
  },
)

describe('RUN --device', () => {
  test.each([
    ['a,b', "invalid field 'b' must be a key=value pair", undefined],
    ['a,nam=b', "unexpected key 'nam' in 'nam=b'", 'did you mean "name"?'],
    ['a,required=maybe', 'invalid value for required: maybe', 'true or false'],
    ['a"b', 'failed to parse csv devices', undefined],
  ])('%s is refused', (value, message, hint) => {
    const error = errorOf(() => devicesOf(value.includes('"') ? `'${value}'` : value))
    expect(error).toMatchObject({ code: 'TSB_BAD_FLAG', message: expect.stringContaining(message) })
    if (hint) expect(error?.hint).toBe(hint)
    expect(error?.at?.start.line).toBe(1)
  })

  test('may be given several times', () => {
    expect(runOf('RUN --device=a --device=b,required x').devices).toMatchObject([
      { name: 'a', required: false },
      { name: 'b', required: true },
    ])
  })
})
