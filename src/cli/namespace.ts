import type { SpawnSyncOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import process from 'node:process'

/**
 * How an ordinary user gets the user ids that layers need: as root of a user namespace.
 * - `ranges`: the ids of /etc/subuid too, so that files of all users can be made
 * - `single`: the own id alone, as root; every file belongs to it
 * - `none`: the kernel or a policy refuses user namespaces
 */
export type NamespaceKind = 'ranges' | 'single' | 'none'

export interface UserNamespace {
  readonly kind: NamespaceKind
  /** Why there is no better kind: the words of `unshare`. */
  readonly problem?: string
}

/** Says to the program that runs in the namespace which one it is. */
const marker = 'TSBUILD_USER_NAMESPACE'
/** And why it is no better one. */
const problemMarker = 'TSBUILD_USER_NAMESPACE_PROBLEM'

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
export function enterUserNamespace(program: Program): UserNamespace | undefined {
  const entered = program.env[marker]
  if (entered === 'ranges' || entered === 'single') return namespaceOf(entered, program.env[problemMarker])
  if (program.uid === 0) return undefined
  const unshare = findUnshare(program.env)
  if (unshare === undefined) return { kind: 'none', problem: 'unshare is not installed' }
  const { kind, problem } = probe(unshare)
  return kind === 'none' ? { kind, problem } : become(kind, problem, unshare, program)
}

function namespaceOf(kind: NamespaceKind, problem: string | undefined): UserNamespace {
  return problem ? { kind, problem } : { kind }
}

/** What a user has to know of the namespace; undefined when all works. */
export function namespaceNote(kind: NamespaceKind | undefined): string | undefined {
  if (kind === 'single') {
    return 'no range of user ids for this user: RUN steps work as root only, on files that are all of root; install uidmap and add a line to /etc/subuid and /etc/subgid (tsbuild doctor says how)'
  }
  if (kind === 'none') {
    return 'user namespaces are refused here: RUN steps and files of other users need root (tsbuild doctor says why)'
  }
  return undefined
}

function become(
  kind: Exclude<NamespaceKind, 'none'>,
  problem: string,
  unshare: string,
  { command, env, root }: Program,
): never {
  const variables = { ...env, [marker]: kind, [problemMarker]: problem, TSBUILD_ROOT: root }
  const words = ['unshare', ...flags[kind], '--', ...command]
  if (!process.execve) throw new Error('process.execve is missing')
  return process.execve(unshare, words, variables)
}

/**
 * Tries what the namespace needs by making one: which rule would refuse it is different on every machine. The problem is of
 * the last kind that could not be made.
 */
function probe(unshare: string): { readonly kind: NamespaceKind; readonly problem: string } {
  let problem = ''
  for (const kind of ['ranges', 'single'] as const) {
    const { works, said } = tryOut(unshare, kind)
    if (works) return { kind, problem }
    problem = said
  }
  return { kind: 'none', problem }
}

/**
 * `unshare --map-auto` of util-linux 2.38 leaves a process behind when it is refused, which waits for ever and has its standard
 * error open: so that is a file and no pipe, of which the end would be waited for, and what is left is killed with its group.
 */
function tryOut(
  unshare: string,
  kind: Exclude<NamespaceKind, 'none'>,
): { readonly works: boolean; readonly said: string } {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const file = kind === 'ranges' ? openNameless() : undefined
  try {
    const output = kind === 'ranges' ? (file ?? 'ignore') : 'pipe'
    // In a group of its own. Node has it for this call too, though its types have not.
    const options: SpawnSyncOptions & { readonly detached: true } = {
      stdio: ['ignore', 'ignore', output],
      detached: true,
    }
    const { status, pid, error, stderr } = spawnSync(unshare, [...flags[kind], '--', 'true'], options)
    if (status === 0) return { works: true, said: '' }
    killGroup(pid)
    return { works: false, said: error?.message ?? (file === undefined ? String(stderr ?? '').trim() : textOf(file)) }
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

/** A file that is gone when it is closed; undefined where none can be made. */
function openNameless(): number | undefined {
  const name = join(tmpdir(), `tsbuild-unshare-${randomBytes(8).toString('hex')}`)
  try {
    const file = openSync(name, 'wx+', 0o600)
    unlinkSync(name)
    return file
  } catch {
    return undefined
  }
}

function textOf(file: number): string {
  const bytes = Buffer.alloc(4096)
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0)).trim()
}

function killGroup(pid: number): void {
  if (pid <= 1) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

function findUnshare(env: NodeJS.ProcessEnv): string | undefined {
  const directories = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin']
  return directories.map((directory) => join(directory, 'unshare')).find((path) => isAbsolute(path) && existsSync(path))
}
