import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FlagError } from './flags/flag-error.ts'

/** What decides where the store is. */
export interface RootFacts {
  /** `--root` */
  readonly flag?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** User id outside of any user namespace that tsbuild made. */
  readonly uid: number
  readonly home: string
}

/**
 * `--root`, else `$TSBUILD_ROOT`, else a directory of the system for root and one of the user for others.
 * @throws {FlagError} for an empty `--root`: it would be the store of somebody else's variable that did not get its value
 */
export function storeRoot({ flag, env, cwd, uid, home }: RootFacts): string {
  if (flag === '') throw new FlagError('--root names no directory', 'write --root DIRECTORY, or leave it away')
  const asked = flag ?? env['TSBUILD_ROOT']
  if (asked) return resolve(cwd, asked)
  if (uid === 0) return '/var/lib/tsbuild'
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'tsbuild')
}

/** Commands that look at what a store has: nothing, when there is none. */
const looking = [
  'images',
  'inspect',
  'tag',
  'rmi',
  'save',
  'push',
  'builds',
  'why',
  'shell',
  'cat',
  'commit',
  'ps',
  'rm',
  'du',
  'prune',
]

/** Those that find an image elsewhere when the store does not have it. */
const finding = ['history', 'explore', 'diff', 'blame', 'extract', 'ls']

/**
 * For who named a store that is not there, and looks into it: a slip of the pen would be an empty list.
 * @param state `failed`: the command has done its work, and not found what it was to find
 */
export function missingRoot(
  command: string,
  state: 'begins' | 'failed',
  root: string,
  { flag, env }: Pick<RootFacts, 'flag' | 'env'>,
): string {
  const name = flag === undefined ? 'TSBUILD_ROOT' : '--root'
  const isNamed = flag !== undefined || Boolean(env['TSBUILD_ROOT'])
  const concerned = state === 'begins' ? looking : finding
  if (!isNamed || !concerned.includes(command) || existsSync(root)) return ''
  return `WARNING: there is no store at ${root}, which ${name} names: a build makes it\n`
}
