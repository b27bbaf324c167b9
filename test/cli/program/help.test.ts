import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { helpOf } from '../../../src/cli/program/help.ts'
import { createProgram, runProgram } from '../../../src/cli/program/program.ts'
import { visibleOptions } from '../../../src/cli/program/visible-options.ts'

/** A program whose commands do nothing. */
function idle(words: readonly string[] = []) {
  const asked: string[] = []
  const program = createProgram(
    async () => void asked.push('ran'),
    () => void asked.push('printed'),
    ['help', ...words],
  )
  return { program, asked }
}

/** `tsbuild index create`, with what is below it. */
function all(command: Command, above = ''): readonly (readonly [string, Command])[] {
  const name = `${above}${command.name()}`
  return [[name, command], ...command.commands.flatMap((below) => all(below, `${name} `))]
}

const commands = all(idle().program)

/** As a shell parts a command line, up to what it does with files and pipes. */
function wordsOf(line: string): readonly string[] {
  const own = line.split(/ [|<>] /).find((part) => part.startsWith('tsbuild ')) ?? line
  const words = own.match(/(?:'[^']*'|"[^"]*"|\$\([^)]*\)|\S)+/g) ?? []
  return words.map((word) => word.replaceAll(/['"]/g, '')).slice(1)
}

describe('--help', () => {
  test('is broken between words at the width of the terminal, and in the columns of its tables', async () => {
    const texts: string[] = []
    for (const words of [['--help'], ['explore', '--help'], ['builds', '--help'], ['build', '--help']]) {
      const program = createProgram(
        async () => {},
        (text) => void texts.push(text),
        words,
      )
      await runProgram(program, words)
    }
    const lines = texts.join('').split('\n')
    // What is longer is one word.
    expect(lines.filter((line) => line.length > 80 && /\S +\S/.test(line))).toEqual([])
    expect(lines).toContain('  completion <shell>                       print what makes a shell complete')
    expect(lines).toContain('writes the file here, Space folds, ctrl+F or / filters by a regular expression,')
  })

  test.each(commands)('%s: each flag is in a group, and it says what it does', (_name, command) => {
    const { program } = idle()
    const without = visibleOptions(command, program).filter(
      ({ helpGroupHeading, description }) => !helpGroupHeading || description === '',
    )
    expect(without.map(({ flags }) => flags)).toEqual([])
  })

  test('each command is in a group, and says in a line what it is for', () => {
    const [, ...below] = commands.filter(([name]) => name.split(' ').length <= 2)
    const wrong = below.filter(([, command]) => command.helpGroup() === '' || command.summary() === '')
    expect(wrong.map(([name]) => name)).toEqual([])
  })

  test('notes about builds and steps have lines of 80 columns', () => {
    const about = commands.filter(([name]) => /^tsbuild (?:shell|why|builds\b)/.test(name))
    expect(about.length).toBeGreaterThan(6)
    const lines = about.flatMap(([, command]) => (helpOf(command).notes ?? '').split('\n'))
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  })

  test('each command has an example, and each example is one that it takes', async () => {
    // Those of a group may stand at the group.
    const hasExample = (command: Command) => Object.keys(helpOf(command).examples).length > 0
    const without = commands.filter(
      ([, command]) =>
        command.commands.length === 0 &&
        !hasExample(command) &&
        !(command.parent && hasExample(command.parent) && command.parent.parent),
    )
    expect(without.map(([name]) => name)).toEqual([])
    const lines = commands.flatMap(([, command]) => Object.keys(helpOf(command).examples))
    expect(lines.length).toBeGreaterThan(50)
    const failed = []
    for (const line of lines) {
      const inLine = /tsbuild [^)|]*/.exec(line.replace(/^source <\(/, ''))?.[0] ?? line
      const words = wordsOf(inLine)
      const { program, asked } = idle(words)
      await runProgram(program, words).catch((error) => failed.push([line, error]))
      if (asked.length === 0) failed.push([line, 'nothing was run'])
    }
    expect(failed).toEqual([])
  })

  test('lists commands and flags by group, what many commands have at the end', () => {
    const { program } = idle()
    const build = program.commands.find((command) => command.name() === 'build')
    const headings = (text = '') => text.match(/^[A-Z][A-Za-z ]+:$/gm)
    expect(headings(program.helpInformation())).toEqual(
      expect.arrayContaining(['Build:', 'Look:', 'Images and registries:', 'Cache:', 'Help:']),
    )
    expect(headings(build?.helpInformation())?.slice(-3)).toEqual(['Registries:', 'Limits:', 'Of all commands:'])
  })
})
