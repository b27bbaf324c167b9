import { expect } from 'vitest'
import { type FlagType, readFlags } from '../../src/parser/flags.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { errorOf } from '../support/outcome.ts'
import { scanText } from './tree.ts'

const file = 'instructions.json'

interface FlagsRow {
  readonly flags: Readonly<Record<string, string | boolean>>
  readonly args: readonly string[]
  readonly values?: Readonly<Record<string, string | boolean>>
  readonly used?: readonly string[]
  readonly error?: boolean
  readonly observedError?: string
}

const flagsFields = ['flags', 'args', 'values', 'used', 'error', 'observedError'] as const
conformanceTable<FlagsRow>(file, 'flags', flagsFields, ({ flags, args, values = {}, used, error, observedError }) => {
  const types = Object.entries(flags).map(([name, value]) => [name, typeof value === 'boolean' ? 'bool' : 'word'])
  const [statement] = scanText(`RUN ${args.map((arg) => arg.replace(/=(.*)$/, '="$1"')).join(' ')}`).statements
  if (!statement) throw new Error('no statement')
  const read = () => readFlags(statement, Object.fromEntries(types) as Record<string, FlagType>)
  const problem = errorOf(read)?.message.replace(/^dockerfile parse error on line \d+: /, '')
  expect(problem).toBe(observedError?.replace(/ \(did you mean .*\?\)$/, ''))
  expect(problem !== undefined).toBe(error === true)
  if (error) return
  const found = read()
  for (const [name, value] of Object.entries(values)) {
    const given = typeof value === 'boolean' ? found.bool(name) : found.word(name)?.text
    expect(given ?? flags[name]).toBe(value)
  }
  if (used) expect(statement.flags.map(({ text }) => text.slice(2).split('=')[0]).sort()).toEqual(used)
})
