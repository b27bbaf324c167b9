import { statSync } from 'node:fs'
import path from 'node:path'
import type { Command, Option } from 'commander'
import { readConfig, type TsbuildConfig } from '../../config/index.ts'
import { noteConfig } from './settings.ts'

/** How a key of a config file becomes a flag. */
interface Rule {
  readonly flag: string
  /** `all`: of each command that has the flag; `build`: of builds; `context`: of builds of what lies where the file does. */
  readonly of: 'all' | 'build' | 'context'
  /** NAME=VALUE: those of the command line replace those of the same name, and not all. */
  readonly pairs?: true
  /** A variable of the environment that says the same, and wins. */
  readonly variable?: string
  /** Puts paths where the file lies. */
  readonly path?: (text: string, directory: string) => string
}

const rules: Readonly<Record<Exclude<keyof TsbuildConfig, '$schema'>, Rule>> = {
  debug: { flag: '--debug', of: 'all' },
  progress: { flag: '--progress', of: 'all', variable: 'BUILDKIT_PROGRESS' },
  registryMirrors: { flag: '--registry-mirror', of: 'all', pairs: true },
  registryAllow: { flag: '--registry-allow', of: 'all' },
  platform: { flag: '--platform', of: 'build', variable: 'DOCKER_DEFAULT_PLATFORM' },
  cacheFrom: { flag: '--cache-from', of: 'build', path: localPath },
  cacheTo: { flag: '--cache-to', of: 'build', path: localPath },
  pull: { flag: '--pull', of: 'build' },
  network: { flag: '--network', of: 'build' },
  jobs: { flag: '--jobs', of: 'build' },
  memory: { flag: '--memory', of: 'build' },
  memorySwap: { flag: '--memory-swap', of: 'build' },
  cpus: { flag: '--cpus', of: 'build' },
  addHosts: { flag: '--add-host', of: 'build' },
  stepTimeout: { flag: '--step-timeout', of: 'build' },
  retry: { flag: '--retry', of: 'build' },
  retryDelay: { flag: '--retry-delay', of: 'build' },
  runtime: { flag: '--runtime', of: 'build' },
  snapshotter: { flag: '--snapshotter', of: 'build' },
  file: { flag: '--file', of: 'context', path: (text, directory) => path.resolve(directory, text) },
  target: { flag: '--target', of: 'context' },
  tags: { flag: '--tag', of: 'context' },
  buildArgs: { flag: '--build-arg', of: 'context', pairs: true },
  labels: { flag: '--label', of: 'context', pairs: true },
  annotations: { flag: '--annotation', of: 'context', pairs: true },
}

interface Place {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/**
 * Sets the flags that a config file has a value for and neither the command line nor the environment.
 * @throws {OptionError} TSB_CONFIG_READ, TSB_CONFIG_KEY
 */
export async function applyConfig(file: string, program: Command, command: Command, place: Place): Promise<void> {
  const config = await readConfig(file)
  const directory = path.dirname(file)
  const keys = new Map<string, string>()
  for (const [key, rule] of Object.entries(rules)) {
    const value: unknown = config[key as keyof typeof rules]
    const owner = value === undefined ? undefined : ownerOf(rule, program, command)
    if (!owner || !holdsFor(rule, command, directory, place) || isSaidBy(rule, place)) continue
    if (rule.flag === '--progress' && command.getOptionValueSource('quiet') === 'cli') continue
    if (setFlag(owner, rule, wordsOf(value, rule, directory))) keys.set(rule.flag, key)
  }
  noteConfig(program, { file, keys })
}

/** Whether a config file can say anything to a command but `debug`. */
export function takesDefaults(command: Command): boolean {
  return Object.values(rules).some(({ flag }) => command.options.some(({ long }) => long === flag))
}

/** Who has the flag; undefined: nobody here. */
function ownerOf({ flag }: Rule, program: Command, command: Command): Owner | undefined {
  for (const owner of [command, program]) {
    const option = owner.options.find(({ long }) => long === flag)
    if (option) return { owner, option }
  }
  return undefined
}

interface Owner {
  readonly owner: Command
  readonly option: Option
}

function holdsFor({ of }: Rule, command: Command, directory: string, { cwd }: Place): boolean {
  if (of === 'all') return true
  if (!command.options.some(({ long }) => long === '--build-arg')) return false
  if (of === 'build') return true
  const context = path.resolve(cwd, command.args[0] ?? '.')
  return `${context}/`.startsWith(directory === '/' ? '/' : `${directory}/`) && isDirectory(context)
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isSaidBy({ variable }: Rule, { env }: Place): boolean {
  return variable !== undefined && Boolean(env[variable])
}

/** The value as it would be typed; true for a switch. */
function wordsOf(value: unknown, rule: Rule, directory: string): readonly string[] | boolean {
  if (typeof value === 'boolean') return value
  const placed = (text: string) => rule.path?.(text, directory) ?? text
  if (Array.isArray(value)) return value.map((each) => placed(String(each)))
  if (typeof value !== 'object' || value === null) return [placed(String(value))]
  return Object.entries(value).map(([name, each]) => `${name}=${each}`)
}

/** @returns whether something was set */
function setFlag({ owner, option }: Owner, rule: Rule, words: readonly string[] | boolean): boolean {
  const name = option.attributeName()
  const isGiven = owner.getOptionValueSource(name) === 'cli'
  const set = (value: unknown) => Boolean(owner.setOptionValueWithSource(name, value, 'config'))
  if (typeof words === 'boolean') return words && !isGiven && set(true)
  if (!Array.isArray(option.defaultValue)) return !isGiven && words[0] !== undefined && set(words[0])
  const given: readonly string[] = isGiven ? owner.getOptionValue(name) : []
  if (isGiven && !rule.pairs) return false
  const named = new Set(given.map(nameOf))
  const added = words.filter((word) => !named.has(nameOf(word)))
  if (added.length === 0) return false
  // What was typed stays what was typed: an error in it is not one of the file.
  owner.setOptionValueWithSource(name, [...added, ...given], isGiven ? 'cli' : 'config')
  return true
}

function nameOf(pair: string): string {
  return pair.split('=', 1)[0] ?? pair
}

/** A folder of a shared cache. */
function localPath(spec: string, directory: string): string {
  if (!/(^|,)type=local(,|$)/.test(spec)) return spec
  return spec.replace(
    /(^|,)(src|dest)=([^,]+)/,
    (_whole, comma, key, folder) => `${comma}${key}=${path.resolve(directory, folder)}`,
  )
}
