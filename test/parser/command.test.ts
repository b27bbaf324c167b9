import { expect } from 'vitest'
import { conformanceTable } from '../support/conformance-table.ts'
import { readFirst } from './first-instruction.ts'
import { commandLine } from './instruction-rows.ts'

interface RunRow {
  readonly dockerfile: string
  readonly shell: boolean
  readonly command: readonly string[]
  readonly files: readonly { readonly name: string; readonly data: string; readonly chomp: boolean }[]
}

const runFields = ['dockerfile', 'shell', 'command', 'files'] as const
conformanceTable<RunRow>('instructions.json', 'runHeredoc', runFields, ({ dockerfile, shell, command, files }) => {
  const run = readFirst(dockerfile)
  if (run.kind !== 'run') throw new Error(run.kind)
  expect(run.command.form).toBe(shell ? 'shell' : 'exec')
  expect(commandLine(run.command)).toEqual(command)
  expect(run.heredocs.map(({ name, raw, chomp }) => ({ name, data: raw, chomp }))).toEqual(files)
})

interface ArgsRow {
  readonly name: string
  readonly args: readonly string[]
  readonly json: boolean
  readonly expected: readonly string[]
}

conformanceTable<ArgsRow>('instructions.json', 'jsonArgs', ['name', 'args', 'json', 'expected'], (row) => {
  const cmd = readFirst(`CMD ${row.json ? JSON.stringify(row.args) : row.args.join(' ')}`)
  if (cmd.kind !== 'cmd') throw new Error(cmd.kind)
  expect(cmd.command.form).toBe(row.json ? 'exec' : 'shell')
  expect(commandLine(cmd.command)).toEqual(row.expected)
})
