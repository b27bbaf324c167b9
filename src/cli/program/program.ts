import { Command, CommanderError, Help, Option } from 'commander'
import { Reported } from '../error-text.ts'
import { exitCodes } from '../exit.ts'
import { FlagError } from '../flags/flag-error.ts'
import { normalizeArguments } from '../flags/normalize.ts'
import { withTrailingCommand } from '../flags/trailing-command.ts'
import { namingConfig, type Settings } from '../settings/settings.ts'
import { version } from '../version.ts'
import { buildProgram } from './build.ts'
import { buildsProgram } from './builds.ts'
import { completionProgram } from './completion.ts'
import { contextProgram } from './context.ts'
import { debugPrograms } from './debug.ts'
import { checkCommand, checkHelp, helpInWordsOfTsbuild, inWordsOfTsbuild } from './docker-words.ts'
import { doctorProgram } from './doctor.ts'
import { foreignWord } from './foreign-words.ts'
import { group, groupOrder } from './groups.ts'
import { withHelp, wrapHelp } from './help.ts'
import { historyProgram } from './history.ts'
import { missing } from './ignored.ts'
import { archivePrograms, imagePrograms } from './images.ts'
import { lookPrograms } from './look.ts'
import { graphProgram, planProgram } from './plan.ts'
import { registryPrograms } from './registry.ts'
import type { Run } from './run.ts'
import { containerPrograms } from './run-image.ts'
import { usagePrograms } from './usage.ts'
import { visibleOptions } from './visible-options.ts'
import { whyProgram } from './why.ts'

const exitHelp = `
Exit status: 0 success, ${exitCodes.failure} failure, or a difference, ${exitCodes.trouble} a diff that failed, ${exitCodes.pending} a plan with something to run, ${exitCodes.internal} bug in tsbuild, ${exitCodes.exhausted} disk full, ${exitCodes.push} push failed, ${exitCodes.usage} wrong flag, 130 Ctrl-C, 143 SIGTERM.

Environment: TSBUILD_ROOT, TSBUILD_CONFIG, TSBUILD_CACHE_MAX, TSBUILD_LIMITS, BUILDKIT_PROGRESS, NO_COLOR, SOURCE_DATE_EPOCH, DOCKER_DEFAULT_PLATFORM, TSBUILD_DEBUG, DOCKER_CONFIG, REGISTRY_AUTH_FILE.`

const programExamples = {
  'tsbuild -t app .': 'build the Dockerfile of this directory',
  'tsbuild plan .': 'what a build would run, and why',
  'tsbuild context --why .env': 'which line of .dockerignore keeps a file out',
  'tsbuild history app': 'how an image was made',
  'tsbuild build --help': 'the flags of a build; so with each command',
}

/** Of the flags that all commands have. */
const globalGroup = 'Of all commands:'

/**
 * The command line: words to commands. Nothing of the library is loaded here.
 * @param words the command line: a plain build needs no other command to be there
 * @param settings told of the command that was found, before its work begins: what it sets of flags is as if it were given
 */
export function createProgram(
  run: Run,
  write: (text: string) => void,
  words: readonly string[],
  settings?: Settings,
): Command {
  const program = new Command('tsbuild')
    .description('Builds OCI images from Dockerfiles: no daemon, no root, no Docker.')
    .usage('[build] [flags] [context]   |   tsbuild COMMAND …')
    .optionsGroup(globalGroup)
    .version(version(), '-v, --version', 'print the version')
    .option('-D, --debug', 'show stacks of errors and details of warnings')
    .option('--root <directory>', 'the store (default: $TSBUILD_ROOT, else /var/lib/tsbuild or ~/.local/share/tsbuild)')
    .option(
      '--config <file>',
      'defaults of flags (default: $TSBUILD_CONFIG, else the nearest tsbuild.config.json); a .ts is run when it is named',
    )
    .option('--no-config', 'read no such file')
    .helpCommand(false)
  if (settings) program.hook('preAction', (_program, command) => settings(program, command))
  withHelp(program, { notes: exitHelp, examples: programExamples })
  program.addCommand(buildProgram(run), { isDefault: true })
  program.addCommand(versionProgram(write))
  if (!isPlainBuild(words)) {
    for (const command of [
      planProgram(run),
      contextProgram(run),
      graphProgram(run),
      historyProgram(run),
      ...lookPrograms(run),
      buildsProgram(run),
      whyProgram(run),
      ...imagePrograms(run),
      ...archivePrograms(run),
      ...registryPrograms(run),
      ...usagePrograms(run),
      ...debugPrograms(run, words),
      ...containerPrograms(run),
      doctorProgram(run),
      completionProgram(write),
    ])
      program.addCommand(command)
    const help = new Command('help').summary('the same as --help behind the command').argument('[command]')
    program.addHelpCommand(help.helpGroup('Help:'))
    for (const command of program.commands.flatMap(withCommands)) group(command)
  }
  for (const command of [program, ...program.commands.flatMap(withCommands)]) {
    command
      .exitOverride()
      .addHelpOption(new Option('-h, --help', 'show this').helpGroup(globalGroup))
      .configureHelp({
        optionDescription,
        groupItems,
        minWidthToWrap: 20,
        visibleOptions: (shown) => visibleOptions(shown, program),
      })
      .configureOutput({ writeOut: (text) => write(wrapHelp(text, helpWidth(command))), outputError: () => {} })
  }
  return program
}

/** What commander takes for its tables. */
function helpWidth(command: Command): number {
  return command.configureOutput().getOutHelpWidth?.() ?? 80
}

function versionProgram(write: (text: string) => void): Command {
  const command = new Command('version').summary('print the version')
  return withHelp(command, { examples: { 'tsbuild version': '' } }).action(() => write(`${version()}\n`))
}

/** Commands in their order, of flags what many commands have below what each has for itself. */
const groupItems: Help['groupItems'] = (unsorted, visible, groupOf) => {
  const groups = Help.prototype.groupItems(unsorted, visible, groupOf)
  const order = [...groupOrder, 'Registries:', 'Limits:', globalGroup]
  return new Map([...groups].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b)))
}

/** A command, and what stands below it: `index create`. */
function withCommands(command: Command): readonly Command[] {
  return [command, ...command.commands]
}

/** No word that is, or could be meant as, the name of another command, and none that lists them all. */
function isPlainBuild(words: readonly string[]): boolean {
  const first = words[commandAt(words)] ?? ''
  return (first === 'build' || !/^(__)?[a-z]+$/.test(first)) && !words.some((word) => /^(-h|--help|help)$/.test(word))
}

/** Where the first word stands that is no flag of all commands. */
function commandAt(words: readonly string[]): number {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--root' || word === '--config') at++
    else if (!/^(-D|--debug|--no-config|--(root|config)=.*)$/s.test(word)) return at
  }
  return words.length
}

/** The command line as tsbuild calls its commands: `buildx build .` is `build .`. */
export function readWords(words: readonly string[]): readonly string[] {
  const at = commandAt(words)
  return words[at] === 'help' ? helpInWordsOfTsbuild(words, at + 1) : inWordsOfTsbuild(words, at)
}

/** That a flag which may be given several times was not given at all is nothing to say. */
function optionDescription(option: Option): string {
  return Help.prototype.optionDescription(option).replace(/ ?\(default: \[\]\)/, '')
}

/**
 * Runs the command that the words name.
 * @throws {FlagError} for words that cannot be understood
 */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  const at = commandAt(argv)
  const named = program.commands.find((command) => command.name() === argv[at])
  const names = program.commands.map((command) => command.name())
  if (argv[at] === 'help') checkHelp(argv.slice(at + 1), names)
  else if (!named) checkCommand(argv, at, names)
  const command = named ?? program.commands.find((candidate) => candidate.name() === 'build') ?? program
  const options = [program, ...withCommands(command)].flatMap((each) => each.options)
  const switches = options.filter((option) => option.isBoolean())
  const isSwitch = (flag: string) => switches.some(({ short, long }) => flag === short || flag === long)
  try {
    const words = command.name() === 'run' ? withTrailingCommand(argv, 'run', options) : argv
    await program.parseAsync(normalizeArguments(words, isSwitch), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw namingConfig(error, program)
    // A group without a command: its help was printed.
    if (error.code === 'commander.help' && error.exitCode !== 0) throw new Reported(exitCodes.usage)
    const behind = argv.slice(at + 1)
    if (error.exitCode !== 0)
      throw foreignWord(command, behind[0] ?? '', error) ?? flagErrorOf(error, [command, ...below(command, behind)])
  }
}

/** The command of a group that the words behind it name. */
function below(group: Command, words: readonly string[]): readonly Command[] {
  const found = words.flatMap((name) => group.commands.filter((command) => command.name() === name))
  return found.slice(0, 1)
}

/** commander's text is `error: …`, at times with a suggestion on the next line. */
function flagErrorOf(error: CommanderError, commands: readonly Command[]): FlagError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const flag = /unknown option '(--[^'=]+)/.exec(message)?.[1] ?? ''
  const help = `see tsbuild ${commands.map((command) => command.name()).join(' ')} --help`
  return new FlagError(message, missing[flag] ?? suggestion?.replace(/^\(Did (.*)\)$/, 'did $1') ?? help)
}
