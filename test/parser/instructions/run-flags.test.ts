import { describe, expect, test } from 'vitest'
import { TsbuildError } from '../../../src/errors.ts'
import { parse } from '../../../src/parser/index.ts'
import { conformanceCases, hasConformance, skipReason } from '../../support/conformance.ts'

function runOf(line: string) {
  const [run] = parse({ name: 'Dockerfile', text: `FROM a\n${line}\n` }).stages[0]?.instructions ?? []
  if (run?.kind !== 'run') throw new Error(`no RUN: ${run?.kind}`)
  return run
}

const devicesOf = (value: string) => runOf(`RUN --device=${value} x`).devices.map(({ at: _, ...device }) => device)

function errorOf(value: string): TsbuildError | undefined {
  try {
    devicesOf(value)
    return undefined
  } catch (error) {
    if (error instanceof TsbuildError) return error
    throw error
  }
}

describe.skipIf(!hasConformance)(`tables of RUN flags (${hasConformance ? 'conformance' : skipReason})`, () => {
  interface DeviceRow {
    readonly input: string
    readonly name?: string
    readonly required?: boolean
    readonly error?: string
  }
  test.each(conformanceCases<DeviceRow>('instructions.json', 'runDevice'))('runDevice $input', (row) => {
    const { input, error, ...device } = row
    if (error === undefined) expect(devicesOf(input)).toEqual([device])
    else expect(errorOf(input)?.message).toContain(error)
  })

  interface UsedRow {
    readonly dockerfile: string
    readonly flagsUsed: readonly string[]
  }
  test.each(conformanceCases<UsedRow>('instructions.json', 'flagsUsed'))(
    'flagsUsed $dockerfile',
    ({ dockerfile, flagsUsed }) => {
      expect(runOf(dockerfile).flags.map(({ name }) => name)).toEqual(flagsUsed)
    },
  )
})

describe('RUN --device', () => {
  test.each([
    ['a,b', "invalid field 'b' must be a key=value pair", undefined],
    ['a,nam=b', "unexpected key 'nam' in 'nam=b'", 'did you mean "name"?'],
    ['a,required=maybe', 'invalid value for required: maybe', 'true or false'],
    ['a"b', 'failed to parse csv devices', undefined],
  ])('%s is refused', (value, message, hint) => {
    const error = errorOf(value.includes('"') ? `'${value}'` : value)
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
