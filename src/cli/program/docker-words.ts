import { existsSync } from 'node:fs'
import { didYouMean } from '../../errors.ts'
import { FlagError } from '../flags/flag-error.ts'
import { historyWords } from './foreign-words.ts'

/** Commands of docker, buildx and buildah that mean the same as one here: they are run as if that had been written. */
const same: Readonly<Record<string, string>> = {
  bud: 'build',
  'builder build': 'build',
  'builder prune': 'prune',
  'buildx b': 'build',
  'buildx build': 'build',
  'buildx du': 'du',
  'buildx history inspect': 'builds show',
  'buildx history logs': 'builds logs',
  'buildx history ls': 'builds ls',
  'buildx history rm': 'builds rm',
  'buildx imagetools create': 'index create',
  'buildx imagetools inspect': 'index inspect',
  'buildx prune': 'prune',
  'buildx version': 'version',
  'container commit': 'commit',
  'container list': 'ps',
  'container ls': 'ps',
  'container ps': 'ps',
  'container rm': 'rm',
  'container run': 'run',
  'image build': 'build',
  'image history': 'history',
  'image import': 'import',
  'image inspect': 'inspect',
  'image list': 'images',
  'image load': 'load',
  'image ls': 'images',
  'image pull': 'pull',
  'image push': 'push',
  'image remove': 'rmi',
  'image rm': 'rmi',
  'image save': 'save',
  'image tag': 'tag',
  'imagetools create': 'index create',
  'imagetools inspect': 'index inspect',
  'manifest inspect': 'index inspect --raw',
  'system df': 'du',
  'system df -v': 'du --verbose',
}

const nothingRuns = 'nothing runs when tsbuild has ended: tsbuild run IMAGE COMMAND runs one command to its end'
const oneImage =
  'tsbuild images, inspect, history, tag, rmi, push, pull, save, load and import have no image before them'
const noBuilders = 'there are no builders to make or choose, tsbuild is the builder: leave this line out'
const noBake = 'write a tsbuild build for each target; what they have in common goes into tsbuild.config.json'

/** Words that are no command here: what there is instead, or why there is nothing. */
const absent: Readonly<Record<string, string>> = {
  bake: noBake,
  builder: 'write tsbuild build, or tsbuild prune for its cache',
  buildx: 'write tsbuild build, du, prune, or builds for its history',
  'buildx bake': noBake,
  'buildx create': noBuilders,
  'buildx debug': 'tsbuild build --on-error=shell opens a shell in a step that fails, tsbuild shell after a step',
  'buildx history': 'tsbuild builds lists, shows, compares and forgets builds; --report makes a page about one',
  'buildx imagetools': 'write tsbuild index inspect or index create',
  'buildx inspect': noBuilders,
  'buildx ls': noBuilders,
  'buildx rm': noBuilders,
  'buildx stop': noBuilders,
  'buildx use': noBuilders,
  check: 'tsbuild --check says what is doubtful in a Dockerfile',
  compose: 'tsbuild builds images and runs no services: tsbuild build -t NAME for each of them',
  container: 'tsbuild run runs one command to its end; ps, commit and rm are about what it left',
  'container inspect': 'tsbuild ps --format json has all that is known of what tsbuild run left',
  'container prune':
    'tsbuild rm removes what a command of tsbuild run left, tsbuild prune all of that; it goes after an hour',
  cp: 'tsbuild extract IMAGE PATH takes files out of an image',
  dive: 'tsbuild explore IMAGE shows layers, files and wasted room, with the keys of dive',
  docker: 'write what follows without it: tsbuild build, images, push',
  exec: 'nothing runs when tsbuild has ended: tsbuild run IMAGE COMMAND, or tsbuild shell STEP for a step of a build',
  export: 'tsbuild commit makes an image of what tsbuild run left, and tsbuild extract IMAGE / - its files as a tar',
  image: oneImage,
  'image prune': 'tsbuild prune gives back what no image with a name needs, also of the cache',
  imagetools: 'write tsbuild index inspect or index create',
  info: 'tsbuild doctor shows what this machine can do, tsbuild du what the store has',
  lint: 'tsbuild --check says what is doubtful in a Dockerfile',
  logs: 'tsbuild builds logs shows what a build printed',
  manifest: 'tsbuild index inspect shows a manifest or index, tsbuild index create joins images to an index',
  network: 'no networks are made: RUN and tsbuild run take --network default, none or host',
  scout: 'no images are searched for weaknesses: tsbuild save -o FILE gives one to a tool that does',
  search: 'look on the page of the registry: tsbuild ls REPOSITORY lists the tags of a repository',
  system: 'tsbuild du shows what the room is used for, tsbuild prune gives it back, tsbuild doctor checks this machine',
  'system info': 'tsbuild doctor shows what this machine can do, tsbuild du what the store has',
  'system prune': 'tsbuild prune gives back what no image with a name needs, with -a also what can be made again',
  volume: 'no volumes are kept: tsbuild run -v DIR:/PLACE mounts a directory',
  ...Object.fromEntries(Object.entries(historyWords).map(([word, hint]) => [`buildx history ${word}`, hint])),
  ...Object.fromEntries(
    [
      ...['attach', 'create', 'events', 'kill', 'pause', 'port', 'rename', 'restart', 'start', 'stats', 'stop', 'top'],
      ...['unpause', 'update', 'wait'],
    ].map((word) => [word, nothingRuns]),
  ),
}

/**
 * The command line with the command of tsbuild in place of what docker calls it.
 * @param at where its first word that is no flag stands
 */
export function inWordsOfTsbuild(words: readonly string[], at: number): readonly string[] {
  const found = longest(words, at, same)
  return found === undefined
    ? words
    : [...words.slice(0, at), ...(same[found]?.split(' ') ?? []), ...words.slice(at + found.split(' ').length)]
}

/** The same behind `help`, which is about a command and not about its flags. */
export function helpInWordsOfTsbuild(words: readonly string[], at: number): readonly string[] {
  const [before, named] = [words.slice(0, at), words.slice(at)]
  return longest(named, 0, same) === undefined
    ? words
    : [...before, ...inWordsOfTsbuild(named, 0).filter((word) => !word.startsWith('--'))]
}

/**
 * A first word that is no command is a context, unless nothing is there and people mean a command by it: a build has one word.
 * @param at where it stands
 * @param names of the commands there are
 * @throws {FlagError}
 */
export function checkCommand(words: readonly string[], at: number, names: readonly string[]): void {
  const found = longest(words, at, absent)
  if (found !== undefined) throw new FlagError(`tsbuild has no "${found}"`, absent[found])
  const [word = '', next] = words.slice(at)
  if (!/^[a-z]+$/.test(word) || existsSync(word)) return
  const hint = didYouMean(word, names) ?? (next === undefined || next.startsWith('-') ? undefined : listing)
  if (hint !== undefined) throw new FlagError(`unknown command "${word}"`, hint)
}

/** The same of what stands behind `help`, for which commander would show the help of all commands. */
export function checkHelp(words: readonly string[], names: readonly string[]): void {
  const word = words.find((each) => !each.startsWith('-'))
  if (word === undefined || word === 'help' || names.includes(word)) return
  const found = longest(words, 0, absent)
  if (found !== undefined) throw new FlagError(`tsbuild has no "${found}"`, absent[found])
  throw new FlagError(`unknown command "${word}"`, didYouMean(word, names) ?? listing)
}

const listing = 'tsbuild help lists all commands'

/** Three words of a table, else two, else one. A single word may be the name of a folder, two that follow are no build. */
function longest(words: readonly string[], at: number, table: Readonly<Record<string, string>>): string | undefined {
  const phrases = [3, 2, 1].map((count) => words.slice(at, at + count).join(' '))
  return phrases.find((phrase) => Object.hasOwn(table, phrase) && (phrase.includes(' ') || !existsSync(phrase)))
}
