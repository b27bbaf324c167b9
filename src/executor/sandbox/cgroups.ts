import { readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { pid } from 'node:process'
import { isSystemError } from '../../errors.ts'
import { readHierarchies } from './hierarchies.ts'

/** The name of a step's control group goes on with the number of the tsbuild it belongs to. */
export const cgroupPrefix = 'tsbuild-'

/** Control groups outlive whoever is killed, so their name says whose they are. */
export function groupName(step: string): string {
  return `${cgroupPrefix}${pid}-${step.replace(/[^\w.-]/g, '_')}`
}

/** Puts a process in, and so all that it will start. One that has ended by itself is let go: what it said will be told. */
export function joinGroup(folder: string, pid: number): void {
  try {
    writeFileSync(path.join(folder, 'cgroup.procs'), String(pid))
  } catch (error) {
    if (!isSystemError(error, 'ESRCH')) throw error
  }
}

/**
 * Removes a group whose processes have ended, and what a runtime or a step with all rights left in it.
 * @returns false when it is still there
 */
export function removeGroup(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeGroup(path.join(folder, entry.name))) return false
    }
    rmdirSync(folder)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true
    if (isSystemError(error, 'EBUSY', 'ENOTEMPTY', 'EACCES', 'EPERM', 'EROFS')) return false
    throw error
  }
}

const mountPoint = '/sys/fs/cgroup'

/** Removes the empty control groups of builds that were killed. */
export async function sweepCgroups(parent = '/'): Promise<void> {
  for (const group of await leftCgroups(parent)) removeGroup(group)
}

/**
 * The control groups of builds that were killed, by path: those of the root, of a parent, and those in and beside the group
 * that this process is in.
 */
export async function leftCgroups(parent = '/'): Promise<readonly string[]> {
  const hierarchies = [mountPoint, ...(await namesIn(mountPoint)).map((name) => path.join(mountPoint, name))]
  const near = readHierarchies().flatMap(({ own, mountPoint: top }) => (own === top ? [own] : [own, path.dirname(own)]))
  const folders = hierarchies.flatMap((hierarchy) => [hierarchy, path.join(hierarchy, path.posix.join('/', parent))])
  const left = new Set<string>()
  for (const hierarchy of new Set([...folders, ...near])) {
    for (const name of await namesIn(hierarchy)) {
      const owner = name.startsWith(cgroupPrefix) ? name.slice(cgroupPrefix.length).match(/^\d+/)?.[0] : undefined
      if (owner !== undefined && !(await isAlive(owner))) left.add(path.join(hierarchy, name))
    }
  }
  return [...left]
}

async function isAlive(pid: string): Promise<boolean> {
  try {
    await stat(`/proc/${pid}`)
    return true
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return []
    throw error
  }
}
