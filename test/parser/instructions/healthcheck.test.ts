import { expect } from 'vitest'
import { conformanceTable } from '../../support/conformance-table.ts'
import { errorOf } from '../../support/outcome.ts'
import { readFirst } from '../first-instruction.ts'
import { rowValues } from '../instruction-rows.ts'

const file = 'instructions.json'

interface TestRow {
  readonly args: readonly string[]
  readonly json: boolean
  readonly test: readonly string[]
}

conformanceTable<TestRow>(file, 'healthcheck', ['args', 'json', 'test'], ({ args: [type, ...args], json, test }) => {
  const command = json ? JSON.stringify(args) : args.join(' ')
  expect(rowValues(readFirst(`HEALTHCHECK ${type} ${command}`))).toEqual({ Health: { Test: test } })
})

interface IntervalRow {
  readonly value: string
  readonly flag: string
  readonly ns?: number
  readonly errorContains?: string
  readonly observedError?: string
}

const intervalFields = ['value', 'flag', 'ns', 'errorContains', 'observedError'] as const
conformanceTable<IntervalRow>(file, 'interval', intervalFields, ({ value, flag, ns, errorContains, observedError }) => {
  const read = () => readFirst(`HEALTHCHECK --${flag}=${value} CMD x`)
  if (ns !== undefined) return expect(read()).toMatchObject({ interval: ns })
  const message = errorOf(read)?.message.replace(/^dockerfile parse error on line \d+: /, '')
  expect(message).toContain(errorContains)
  expect(message).toBe(observedError)
})
