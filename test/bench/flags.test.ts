import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { execPath } from 'node:process'
import { expect, it } from 'vitest'
import { scratch } from '../support/scratch.ts'

const program = resolve(import.meta.dirname, '../../bench/main.ts')

it.each([
  [['--only', 'nothing'], /no workload nothing: there are small, /],
  [['--mode', 'warm'], /no mode warm: there are cold, /],
  [['--only', 'pull', '--mode', 'touch'], /none of these workloads has one of these modes: see --list/],
  [['--rounds', 'zero'], /--rounds zero: /],
  [['--from', '/nowhere.json'], /--from \/nowhere\.json: /],
])('%j is refused in one line, and nothing is measured', (argv, error) => {
  const { status, stdout, stderr } = spawnSync(execPath, [program, ...argv], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^ERROR: [^\n]*\n$/)
  expect(stderr).toMatch(error)
})

it.each(['{}', 'no JSON'])('a page is not made of %s', async (text) => {
  const file = join(await scratch(), 'report.json')
  writeFileSync(file, text)
  const { status, stderr } = spawnSync(execPath, [program, '--from', file], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^ERROR: --from \S+report\.json: [^\n]*\n$/)
})
