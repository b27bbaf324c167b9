import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../../errors.ts'

/** What limits are held by. */
export type Controller = 'memory' | 'cpu' | 'pids'

/** Control groups as this process sees them mounted. */
export interface Hierarchy {
  readonly version: 1 | 2
  readonly mountPoint: string
  /** Of version 1: what it controls. That of version 2 says so in each of its folders. */
  readonly controllers: readonly string[]
  /** The folder of the group that this process is in; the mount point when that is not below it. */
  readonly own: string
}

/** @see https://man7.org/linux/man-pages/man7/cgroups.7.html */
export function readHierarchies(): readonly Hierarchy[] {
  return hierarchiesIn(readText('/proc/self/mountinfo'), readText('/proc/self/cgroup'))
}

/**
 * @param mounts the text of `/proc/PID/mountinfo`
 * @param groups that of `/proc/PID/cgroup`
 */
export function hierarchiesIn(mounts: string, groups: string): readonly Hierarchy[] {
  return mounts.split('\n').flatMap((row) => {
    const [, root = '', mountPoint = '', type, settings = ''] =
      /^\S+ \S+ \S+ (\S+) (\S+) .* - (cgroup2?) \S+ (\S+)$/.exec(row) ?? []
    if (type === undefined) return []
    const version = type === 'cgroup2' ? 2 : 1
    const controllers = version === 1 ? settings.split(',') : []
    return [{ version, mountPoint, controllers, own: ownFolder(mountPoint, root, ownGroup(groups, controllers)) }]
  })
}

/** The row of the unified hierarchy names no controllers. */
function ownGroup(groups: string, controllers: readonly string[]): string {
  for (const row of groups.split('\n')) {
    const [, names = '', group = '/'] = /^\d+:([^:]*):(.*)$/.exec(row) ?? [undefined, '-']
    const found = controllers.length === 0 ? names === '' : names.split(',').some((name) => controllers.includes(name))
    if (found) return group
  }
  return '/'
}

function ownFolder(mountPoint: string, root: string, group: string): string {
  const inside = path.posix.relative(root, group)
  return inside.startsWith('..') ? mountPoint : path.posix.join(mountPoint, inside)
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES')) return ''
    throw error
  }
}
