import type { Command, CommanderError } from 'commander'
import { didYouMean } from '../../errors.ts'
import { FlagError } from '../flags/flag-error.ts'

/** What people write after `buildx history`, and what does that here. */
export const historyWords: Readonly<Record<string, string>> = {
  ls: 'tsbuild builds lists the builds that were made',
  logs: 'tsbuild builds logs BUILD prints all that the steps of a build printed',
  inspect: 'tsbuild builds show BUILD shows all of a build',
  rm: 'tsbuild builds rm BUILD forgets a build',
  open: 'tsbuild builds show BUILD --report FILE.html writes a page about a build',
  trace: 'tsbuild builds show BUILD --report FILE.html writes a page with the steps of a build over time',
  export: 'tsbuild builds show BUILD --format json has all of a build, --report FILE.html makes a page of it',
  import: 'a build is remembered in the store in which it was made; --root names another store',
}

/** `builds report` too is looked for. */
const buildsWords: Readonly<Record<string, string>> = { ...historyWords, report: historyWords['open'] ?? '' }

/**
 * The better error for a word that a command does not know, when one is known.
 * @param word the one behind the command
 */
export function foreignWord(command: Command, word: string, { code }: CommanderError): FlagError | undefined {
  const isWord = code === 'commander.unknownCommand' || code === 'commander.excessArguments'
  if (command.name() === 'history') return isWord ? historyWord(word) : undefined
  if (command.name() !== 'builds' || !(isWord || code === 'commander.unknownOption')) return undefined
  if (!/^[a-z]+$/.test(word)) return undefined
  const names = command.commands.flatMap((each) => [each.name(), ...each.aliases()])
  if (names.includes(word)) return undefined
  const hint = Object.hasOwn(buildsWords, word) ? buildsWords[word] : didYouMean(word, names)
  return new FlagError(`builds has no command "${word}"`, hint ?? 'see tsbuild builds --help')
}

/** `tsbuild history` is that of images. */
export function historyWord(word: string): FlagError | undefined {
  if (!Object.hasOwn(historyWords, word)) return undefined
  return new FlagError(`history takes an image, and none is called "${word}"`, historyWords[word])
}
