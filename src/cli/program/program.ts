import { existsSync } from 'node:fs'
import { Command, CommanderError, Help, type Option } from 'commander'
import { didYouMean } from '../../errors.ts'
import { exitCodes } from '../exit.ts'
import { FlagError } from '../flags/flag-error.ts'
import { normalizeArguments } from '../flags/normalize.ts'
import { Reported } from '../report.ts'
import { version } from '../version.ts'
import { buildProgram } from './build.ts'
import { buildsProgram } from './builds.ts'
import { doctorProgram } from './doctor.ts'
import { historyProgram } from './history.ts'
import { missing, missingCommands } from './ignored.ts'
import { archivePrograms, imagePrograms } from './images.ts'
import { lookPrograms } from './look.ts'
import { graphProgram, planProgram } from './plan.ts'
import { registryPrograms } from './registry.ts'
import type { Run } from './run.ts'
import { usagePrograms } from './usage.ts'
import { whyProgram } from './why.ts'

const exitHelp = `
Exit status: 0 success, ${exitCodes.failure} failure, or a difference, ${exitCodes.trouble} a diff that failed, ${exitCodes.pending} a plan with something to run, ${exitCodes.internal} bug in tsbuild, ${exitCodes.exhausted} disk full, ${exitCodes.push} push failed, ${exitCodes.usage} wrong flag, 130 Ctrl-C, 143 SIGTERM.
Environment: TSBUILD_ROOT, TSBUILD_CACHE_MAX, TSBUILD_LIMITS, BUILDKIT_PROGRESS, NO_COLOR, SOURCE_DATE_EPOCH, DOCKER_DEFAULT_PLATFORM, TSBUILD_DEBUG, DOCKER_CONFIG, REGISTRY_AUTH_FILE.`

/**
 * The command line: words to commands. Nothing of the library is loaded here.
 * @param words the command line: a plain build needs no other command to be there
 */
export function createProgram(run: Run, write: (text: string) => void, words: readonly string[]): Command {
  const program = new Command('tsbuild')
    .description('Builds OCI images from Dockerfiles: no daemon, no root, no Docker.')
    .usage('[build] [flags] [context]   |   tsbuild COMMAND …')
    .version(version(), '-v, --version', 'print the version')
    .option('-D, --debug', 'show stacks of errors and details of warnings')
    .option('--root <directory>', 'the store (default: $TSBUILD_ROOT, else /var/lib/tsbuild or ~/.local/share/tsbuild)')
    .addHelpText('after', exitHelp)
  program.addCommand(buildProgram(run), { isDefault: true })
  program.addCommand(new Command('version').summary('print the version').action(() => write(`${version()}\n`)))
  if (!isPlainBuild(words)) {
    for (const command of [
      planProgram(run),
      graphProgram(run),
      historyProgram(run),
      ...lookPrograms(run),
      buildsProgram(run),
      whyProgram(run),
      ...imagePrograms(run),
      ...archivePrograms(run),
      ...registryPrograms(run),
      ...usagePrograms(run),
      doctorProgram(run),
    ])
      program.addCommand(command)
  }
  for (const command of [program, ...program.commands.flatMap(withCommands)]) {
    command
      .exitOverride()
      .configureHelp({ optionDescription })
      .configureOutput({ writeOut: write, outputError: () => {} })
  }
  return program
}

/** A command, and what stands below it: `index create`. */
function withCommands(command: Command): readonly Command[] {
  return [command, ...command.commands]
}

/** No word that is, or could be meant as, the name of another command, and none that lists them all. */
function isPlainBuild(words: readonly string[]): boolean {
  const first = commandWord(words)
  return (first === 'build' || !/^[a-z]+$/.test(first)) && !words.some((word) => /^(-h|--help|help)$/.test(word))
}

/** The first word that is no flag of all commands. */
function commandWord(words: readonly string[]): string {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--root') at++
    else if (!/^(-D|--debug|--root=.*)$/s.test(word)) return word
  }
  return ''
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
  const word = commandWord(argv)
  const named = program.commands.find((command) => command.name() === word)
  if (!named) checkCommand(program, word)
  const command = named ?? program.commands.find((candidate) => candidate.name() === 'build') ?? program
  const options = [program, ...withCommands(command)].flatMap((each) => each.options)
  const switches = options.filter((option) => option.isBoolean())
  const isSwitch = (flag: string) => switches.some(({ short, long }) => flag === short || flag === long)
  try {
    await program.parseAsync(normalizeArguments(argv, isSwitch), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // A group without a command: its help was printed.
    if (error.code === 'commander.help') throw new Reported(exitCodes.usage)
    if (error.exitCode !== 0) throw flagErrorOf(error, [command, ...below(command, argv)])
  }
}

/** The command of a group that the words name. */
function below(group: Command, argv: readonly string[]): readonly Command[] {
  const names = argv.slice(argv.indexOf(group.name()) + 1)
  const found = names.flatMap((name) => group.commands.filter((command) => command.name() === name))
  return found.slice(0, 1)
}

/** The first word may be a context; one that is not there and nearly a command, or one of docker, is a slip of the pen. */
function checkCommand(program: Command, word: string): void {
  const names = program.commands.map((command) => command.name())
  const hint = Object.hasOwn(missingCommands, word) ? missingCommands[word] : didYouMean(word, names)
  if (hint && /^[a-z]+$/.test(word) && !existsSync(word)) throw new FlagError(`unknown command "${word}"`, hint)
}

/** commander's text is `error: …`, at times with a suggestion on the next line. */
function flagErrorOf(error: CommanderError, commands: readonly Command[]): FlagError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n')
  const flag = /unknown option '(--[^'=]+)/.exec(message)?.[1] ?? ''
  const help = `see tsbuild ${commands.map((command) => command.name()).join(' ')} --help`
  return new FlagError(message, missing[flag] ?? suggestion?.replace(/^\(Did (.*)\)$/, 'did $1') ?? help)
}
