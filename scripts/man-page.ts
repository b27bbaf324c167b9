/** The manual page, made of what `--help` is made of. `scripts/bundle.ts` writes it to `dist/tsbuild.1`. */
import type { Argument, Command, Option } from 'commander'
import { helpOf } from '../src/cli/program/help.ts'
import { createProgram } from '../src/cli/program/program.ts'

/** @param version of the package @param date `2026-01-31` */
export function manPage(version: string, date: string): string {
  const program = createProgram(async () => {}, () => {}, ['help'])
  const build = program.commands.find((command) => command.name() === 'build') ?? program
  const help = helpOf(program)
  const lines = [
    `.TH TSBUILD 1 "${date}" "tsbuild ${version}" "User Commands"`,
    // Long words would leave wide gaps.
    '.ad l',
    '.SH NAME',
    'tsbuild \\- builds OCI images from Dockerfiles: no daemon, no root, no Docker',
    '.SH SYNOPSIS',
    '.B tsbuild',
    text('[build] [flags] [context]'),
    '.br',
    '.B tsbuild',
    text('COMMAND [flags] …'),
    '.SH DESCRIPTION',
    text(
      'Builds an image from a Dockerfile and keeps it in the store under the names given with -t. Other commands look at images and builds, carry images to and from registries, and look after the store.',
    ),
    '.SH OPTIONS OF ALL COMMANDS',
    ...program.options.filter(({ hidden }) => !hidden).flatMap(optionLines),
    ...[...grouped(program.commands, (command) => command.helpGroup())].flatMap(([group, commands]) => [
      `.SH ${group.replace(/:$/, '').toUpperCase()}`,
      ...commands.flatMap((command) => commandLines(command, command === build ? undefined : build, '')),
    ]),
    '.SH EXIT STATUS AND ENVIRONMENT',
    ...paragraphs(help.notes ?? '').slice(1),
    '.SH EXAMPLES',
    ...exampleLines(help.examples).slice(1),
    '.SH SEE ALSO',
    '.BR docker (1),',
    '.BR podman\\-build (1),',
    '.BR skopeo (1)',
  ]
  return `${lines.join('\n')}\n`
}

/** @param build what a command need not repeat */
function commandLines(command: Command, build: Command | undefined, above: string): readonly string[] {
  const name = `${above}${command.name()}`
  const own = command.options.filter(
    (option) => !option.hidden && !build?.options.some(({ flags }) => flags === option.flags && isOfBuild(command)),
  )
  const repeats = build !== undefined && isOfBuild(command)
  const { notes = '', examples } = helpOf(command)
  return [
    `.SS ${text(['tsbuild', name, ...(own.length > 0 || repeats ? ['[flags]'] : []), ...command.registeredArguments.map(shown)].join(' '))}`,
    text(sentence(command.description() || command.summary())),
    ...command.registeredArguments.flatMap((argument) => [
      '.TP',
      `.I ${text(argument.name())}`,
      text(argument.description),
    ]),
    ...[...grouped(own, ({ helpGroupHeading }) => helpGroupHeading ?? 'Flags:')].flatMap(([group, options]) => [
      '.PP',
      `.I ${text(group)}`,
      ...options.flatMap(optionLines),
    ]),
    ...(repeats ? ['.PP', text('It takes the flags of build too.')] : []),
    ...paragraphs(notes),
    ...exampleLines(examples),
    ...command.commands.flatMap((below) => commandLines(below, build, `${name} `)),
  ]
}

/** Commands that look at a build before it is made, or make one. */
function isOfBuild(command: Command): boolean {
  return ['--target', '--build-arg'].every((flag) => command.options.some(({ long }) => long === flag))
}

function optionLines({ flags, description, argChoices, defaultValue }: Option): readonly string[] {
  const choices = argChoices ? ` (${argChoices.join(', ')})` : ''
  const isTold = typeof defaultValue === 'string' && !description.includes('default') && defaultValue !== ''
  return [
    '.TP',
    `.B ${text(flags)}`,
    text(sentence(`${description}${choices}${isTold ? ` (default: ${defaultValue})` : ''}`)),
  ]
}

function shown(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

function exampleLines(examples: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(examples).flatMap(([line, what]) => [
    '.PP',
    ...(what === '' ? [] : [text(sentence(what))]),
    ...verbatim([`  ${line}`]),
  ])
}

/** Lines that are set apart stay as they are; others are filled. */
function paragraphs(notes: string): readonly string[] {
  return notes
    .trim()
    .split(/\n{2,}/)
    .filter((part) => part !== '')
    .flatMap((part) => ['.PP', ...(isTable(part) ? verbatim(part.split('\n')) : part.split('\n').map(text))])
}

function isTable(part: string): boolean {
  return /^ {2}| {2,}\S/m.test(part)
}

function verbatim(lines: readonly string[]): readonly string[] {
  return ['.nf', ...lines.map(text), '.fi']
}

/** As roff takes it for what it is. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(
      /[^\x00-\x7f]/gu,
      (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=[.'])/, '\\&')
}

function sentence(words: string): string {
  if (words === '') return words
  const first = /^[a-z]+(?=[ ,]|$)/.test(words) ? words.charAt(0).toUpperCase() : words.charAt(0)
  return `${first}${words.slice(1)}${/[.)]$/.test(words) ? '' : '.'}`
}

function grouped<T>(items: readonly T[], groupOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item])
  return groups
}
