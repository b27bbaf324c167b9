import { existsSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import process from 'node:process'

/**
 * How an ordinary user gets the user ids that layers need: as root of a user namespace.
 * - `ranges`: the ids of /etc/subuid too, so that files of all users can be made
 * - `single`: the own id alone, as root; every file belongs to it
 * - `none`: the kernel or a policy refuses user namespaces
 */
export type NamespaceKind = 'ranges' | 'single' | 'none'

/** Says to the program that runs in the namespace which one it is. */
const marker = 'TSBUILD_USER_NAMESPACE'

const flags: Readonly<Record<Exclude<NamespaceKind, 'none'>, readonly string[]>> = {
  ranges: ['--user', '--map-auto', '--map-root-user'],
  single: ['--user', '--map-root-user'],
}

/** What enters a namespace: `unshare` of util-linux, and this program once more. */
export interface Program {
  /** The executable, its own flags, and the words of the command line. */
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly uid: number
  /** Where the store is: decided by the user outside. */
  readonly root: string
}

/**
 * Continues in a user namespace when the user is not root: the process becomes `unshare`, and that this program, with the
 * same process id, so signals, files and exit status need no passing on. Returns only when it stays where it is.
 * @returns the kind of namespace it runs in; undefined for root, who needs none
 */
export function enterUserNamespace(program: Program): NamespaceKind | undefined {
  const entered = program.env[marker]
  if (entered === 'ranges' || entered === 'single') return entered
  if (program.uid === 0) return undefined
  const unshare = findUnshare(program.env)
  const kind = unshare === undefined ? 'none' : probe(unshare)
  if (unshare === undefined || kind === 'none') return 'none'
  return become(kind, unshare, program)
}

/** What a user has to know of the namespace; undefined when all works. */
export function namespaceNote(kind: NamespaceKind | undefined): string | undefined {
  if (kind === 'single') {
    return 'no range of user ids for this user: all files of images belong to one id, and steps run as root only; install uidmap and add a line to /etc/subuid and /etc/subgid'
  }
  if (kind === 'none') {
    return 'user namespaces are refused here: RUN steps and files of other users need root'
  }
  return undefined
}

function become(kind: Exclude<NamespaceKind, 'none'>, unshare: string, { command, env, root }: Program): never {
  const variables = { ...env, [marker]: kind, TSBUILD_ROOT: root }
  const words = ['unshare', ...flags[kind], '--', ...command]
  if (!process.execve) throw new Error('process.execve is missing')
  return process.execve(unshare, words, variables)
}

/** Tries what the namespace needs by making one: which rule would refuse it is different on every machine. */
function probe(unshare: string): NamespaceKind {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const kinds = ['ranges', 'single'] as const
  return (
    kinds.find((kind) => spawnSync(unshare, [...flags[kind], '--', 'true'], { stdio: 'ignore' }).status === 0) ?? 'none'
  )
}

function findUnshare(env: NodeJS.ProcessEnv): string | undefined {
  const directories = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin']
  return directories.map((directory) => join(directory, 'unshare')).find((path) => isAbsolute(path) && existsSync(path))
}
