import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'
import { leftCgroups } from './cgroups.ts'
import { slirpOptions } from './network.ts'

/** Something of a step whose tsbuild is dead. */
export interface LeftRunning {
  readonly kind: 'process' | 'network-helper' | 'cgroup'
  /** `process 4711`, or the path of the group. */
  readonly name: string
  /** The command line of a process. */
  readonly command: string
}

/**
 * Processes, network helpers and control groups of steps that should have died with their tsbuild.
 * @param folders of dead processes in the store: who works in there, or has one on its command line, is left over
 * @param proc where processes are listed
 */
export async function leftRunning(folders: readonly string[], proc = '/proc'): Promise<readonly LeftRunning[]> {
  const left: LeftRunning[] = []
  for (const pid of (await readdir(proc)).filter((name) => /^\d+$/.test(name))) {
    const words = (await textOf(path.join(proc, pid, 'cmdline'))).split('\0').slice(0, -1)
    const kind = await kindOf(pid, words, folders, proc)
    if (kind) left.push({ kind, name: `process ${pid}`, command: words.join(' ') })
  }
  const groups = await leftCgroups()
  return [...left, ...groups.map((name) => ({ kind: 'cgroup' as const, name, command: '' }))]
}

async function kindOf(
  pid: string,
  words: readonly string[],
  folders: readonly string[],
  proc: string,
): Promise<'process' | 'network-helper' | undefined> {
  const places = [await linkOf(path.join(proc, pid, 'cwd')), ...words]
  if (places.some((place) => folders.some((folder) => `${place}/`.includes(`${folder}/`)))) return 'process'
  const isOurs = slirpOptions.every((option, at) => words[at + 1] === option)
  return isOurs && (await isOrphan(pid, proc)) ? 'network-helper' : undefined
}

/**
 * True for a network helper of this user whose tsbuild is dead. That is its parent as long as it lives, and holds the other end
 * of the pipe that the helper lives by: process 1, or whoever else takes in orphans, does not. Where that cannot be seen it is
 * nobody's business here.
 */
async function isOrphan(pid: string, proc: string): Promise<boolean> {
  const user = await userOf(pid, proc)
  const parent = /^PPid:\s*(\d+)$/m.exec(await textOf(path.join(proc, pid, 'status')))?.[1]
  if (parent === undefined || user === undefined || user !== (await userOf('self', proc))) return false
  const life = await linkOf(path.join(proc, pid, 'fd', lifeHandle))
  const held = await linksIn(path.join(proc, parent, 'fd'))
  if (life !== '' && held.length > 0) return !held.includes(life)
  return parent === '1' && (await userOf(parent, proc)) !== user
}

/** The handle of the pipe that ends with tsbuild. */
const lifeHandle = '4'

async function userOf(pid: string, proc: string): Promise<string | undefined> {
  return /^Uid:\s*(\d+)/m.exec(await textOf(path.join(proc, pid, 'status')))?.[1]
}

async function linksIn(folder: string): Promise<readonly string[]> {
  const names = await orNothing(() => readdir(folder), [])
  return (await Promise.all(names.map((name) => linkOf(path.join(folder, name))))).filter((link) => link !== '')
}

function textOf(file: string): Promise<string> {
  return orNothing(() => readFile(file, 'latin1'), '')
}

function linkOf(file: string): Promise<string> {
  return orNothing(() => readlink(file), '')
}

/** It ends while we look, or belongs to somebody else. */
async function orNothing<T>(look: () => Promise<T>, nothing: T): Promise<T> {
  try {
    return await look()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return nothing
    throw error
  }
}
