import { mkdirSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { pid } from 'node:process'
import { isSystemError } from '../../errors.ts'
import { cgroupPrefix } from '../sandbox/cgroups.ts'
import { findPlace } from '../sandbox/group-place.ts'
import { type Controller, type Hierarchy, readHierarchies } from '../sandbox/hierarchies.ts'
import { groupsAround, waysToGroups } from '../sandbox/ways-to-groups.ts'

/** What control groups this machine has, and which limits they can hold a step to. */
export interface GroupTrial {
  /** `hybrid`: controllers of version 1, and beside them a hierarchy of version 2. */
  readonly version: 'v1' | 'v2' | 'hybrid' | 'none'
  /** Of memory, cpu and pids those for which a group could be made. */
  readonly controllers: readonly Controller[]
  /** Why there are no more of them; `''` when there are all. */
  readonly problem: string
  /** What would help who asks. */
  readonly ways: readonly string[]
}

/** Makes a group for each limit, where those of steps are made, and removes it. */
export function tryGroups(hierarchies: readonly Hierarchy[] = readHierarchies()): GroupTrial {
  const trials = (['memory', 'cpu', 'pids'] as const).map((controller) => ({
    controller,
    problem: problemOf(controller, hierarchies),
  }))
  return {
    version: versionOf(hierarchies),
    controllers: trials.filter(({ problem }) => problem === '').map(({ controller }) => controller),
    problem: trials.find(({ problem }) => problem !== '')?.problem ?? '',
    ways: waysToGroups(groupsAround()),
  }
}

function versionOf(hierarchies: readonly Hierarchy[]): GroupTrial['version'] {
  const versions = new Set(hierarchies.map(({ version }) => version))
  if (versions.size === 2) return 'hybrid'
  return versions.has(2) ? 'v2' : versions.has(1) ? 'v1' : 'none'
}

/** Killed in between, it leaves a group that the next step of any build sweeps. */
function problemOf(controller: Controller, hierarchies: readonly Hierarchy[]): string {
  const place = findPlace(controller, undefined, hierarchies)
  if (typeof place === 'string') return place
  const group = path.join(place.folder, `${cgroupPrefix}${pid}-doctor`)
  try {
    mkdirSync(group, { mode: 0o755 })
    rmdirSync(group)
    return ''
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EEXIST', 'EAGAIN', 'EBUSY', 'EINVAL')) throw error
    return error.message
  }
}
