import { readdir, rmdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'

/** The name of a step's control group goes on with the number of the tsbuild it belongs to. */
export const cgroupPrefix = 'tsbuild-'

const mountPoint = '/sys/fs/cgroup'

/** Removes the empty control groups of builds that were killed: those of the root, and of the parent that is used now. */
export async function sweepCgroups(parent = '/'): Promise<void> {
  const hierarchies = [mountPoint, ...(await namesIn(mountPoint)).map((name) => path.join(mountPoint, name))]
  const folders = hierarchies.flatMap((hierarchy) => [hierarchy, path.join(hierarchy, path.posix.join('/', parent))])
  for (const hierarchy of new Set(folders)) {
    for (const name of await namesIn(hierarchy)) {
      const owner = name.startsWith(cgroupPrefix) ? name.slice(cgroupPrefix.length).match(/^\d+/)?.[0] : undefined
      if (owner !== undefined) await sweep(path.join(hierarchy, name), owner)
    }
  }
}

async function sweep(group: string, owner: string): Promise<void> {
  try {
    if (!(await isAlive(owner))) await rmdir(group)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTEMPTY', 'EBUSY', 'EACCES', 'EPERM', 'EROFS')) throw error
  }
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
