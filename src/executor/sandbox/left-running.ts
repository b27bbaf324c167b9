import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { execPath } from 'node:process'
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
 */
export async function leftRunning(folders: readonly string[]): Promise<readonly LeftRunning[]> {
  const left: LeftRunning[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await procFile(pid, 'cmdline')).split('\0').slice(0, -1)
    const kind = await kindOf(pid, words, folders)
    if (kind) left.push({ kind, name: `process ${pid}`, command: words.join(' ') })
  }
  const groups = await leftCgroups()
  return [...left, ...groups.map((name) => ({ kind: 'cgroup' as const, name, command: '' }))]
}

async function kindOf(
  pid: string,
  words: readonly string[],
  folders: readonly string[],
): Promise<'process' | 'network-helper' | undefined> {
  const places = [await procLink(pid, 'cwd'), ...words]
  if (places.some((place) => folders.some((folder) => `${place}/`.includes(`${folder}/`)))) return 'process'
  const isOurs = slirpOptions.every((option, at) => words[at + 1] === option)
  return isOurs && !(await isChildOfNode(pid)) ? 'network-helper' : undefined
}

/** Whose parent died is given to another one, which is not of Node. */
async function isChildOfNode(pid: string): Promise<boolean> {
  const parent = /^PPid:\s*(\d+)$/m.exec(await procFile(pid, 'status'))?.[1] ?? ''
  return path.basename(await procLink(parent, 'exe')) === path.basename(execPath)
}

async function procFile(pid: string, name: string): Promise<string> {
  return orNothing(() => readFile(`/proc/${pid}/${name}`, 'latin1'))
}

async function procLink(pid: string, name: string): Promise<string> {
  return orNothing(() => readlink(`/proc/${pid}/${name}`))
}

/** It ends while we look, or belongs to somebody else. */
async function orNothing(look: () => Promise<string>): Promise<string> {
  try {
    return await look()
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return ''
    throw error
  }
}
