import { spawnSync } from 'node:child_process'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { manPage } from '../../scripts/man-page.ts'
import { createProgram } from '../../src/cli/program/program.ts'
import { hasProgram } from '../support/programs.ts'

const page = manPage('1.2.3', '2026-01-31')

function rendered(program: string, ...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(program, args, { input: page, encoding: 'utf8' })
  return { text: stdout.replaceAll(/.\x08/g, ''), stderr, status }
}

describe('the manual page', () => {
  test('has every command, every flag that is shown, and every example', () => {
    const program = createProgram(async () => {}, () => {}, ['help'])
    const plain = page.replaceAll('\\-', '-').replaceAll('\\e', '\\')
    const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)]
    for (const command of all(program).slice(1)) expect(plain).toContain(` ${command.name()}`)
    const flags = all(program).flatMap(({ options }) =>
      options.filter(({ hidden }) => !hidden).map((each) => each.flags),
    )
    expect(flags.filter((each) => !plain.includes(`\n.B ${each.replaceAll('…', '\\[u2026]')}\n`))).toEqual([])
  })

  test.skipIf(!hasProgram('mandoc'))('mandoc has nothing to say of it', () => {
    expect(rendered('mandoc', '-T', 'lint', '-W', 'warning')).toMatchObject({ text: '', status: 0 })
  })

  test.skipIf(!hasProgram('groff'))('groff has nothing to say of it, and shows what was meant', () => {
    const { text, stderr } = rendered('groff', '-man', '-ww', '-Tutf8', '-k', '-P-c')
    expect(stderr).toBe('')
    expect(text).toContain('tsbuild 1.2.3')
    expect(text).toContain('tsbuild build --help')
    expect(text).toContain("tsbuild history --no-trunc --format '{{.CreatedBy}}' app")
  })
})
