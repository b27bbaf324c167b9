import { mkdirSync, readdirSync, readFileSync, rmdirSync, statfsSync } from 'node:fs'
import path from 'node:path'
import { pid } from 'node:process'
import { isSystemError } from '../../errors.ts'
import { cgroupPrefix } from '../sandbox/cgroups.ts'

/** What control groups this machine has, and which can be made. */
export interface GroupTrial {
  /** `hybrid`: controllers of version 1, and beside them a hierarchy of version 2 without any. */
  readonly version: 'v1' | 'v2' | 'hybrid' | 'none'
  /** Controllers that a new group has: `memory`, `pids`, `cpu` …, sorted. */
  readonly controllers: readonly string[]
  /** Why there are no more of them; `''` when every group could be made. */
  readonly problem: string
}

const mountPoint = '/sys/fs/cgroup'
const magicOf = { v1: 0x27_e0_eb, v2: 0x63_67_72_70 } as const

/** Makes a group in each hierarchy, where those of steps are made, and removes it. */
export function tryGroups(root = mountPoint): GroupTrial {
  if (isCgroup(root, 'v2')) return { version: 'v2', ...made(root, controllersOf2) }
  const hierarchies = namesIn(root).map((name) => path.join(root, name))
  const first = hierarchies.filter((folder) => isCgroup(folder, 'v1'))
  if (first.length === 0) return { version: 'none', controllers: [], problem: `there are none at ${root}` }
  const trials = first.map((folder) => made(folder, () => path.basename(folder).split(',')))
  return {
    version: hierarchies.some((folder) => isCgroup(folder, 'v2')) ? 'hybrid' : 'v1',
    controllers: [...new Set(trials.flatMap(({ controllers }) => controllers))].filter(isController).sort(),
    problem: trials.find(({ problem }) => problem !== '')?.problem ?? '',
  }
}

/** Killed in between, it leaves a group that the next step of any build sweeps. */
function made(hierarchy: string, controllersIn: (group: string) => readonly string[]): Omit<GroupTrial, 'version'> {
  const group = path.join(hierarchy, `${cgroupPrefix}${pid}-doctor`)
  try {
    mkdirSync(group, { mode: 0o755 })
  } catch (error) {
    if (!isSystemError(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EEXIST', 'EAGAIN', 'EBUSY', 'EINVAL')) throw error
    return { controllers: [], problem: error.message }
  }
  try {
    return { controllers: controllersIn(group), problem: '' }
  } finally {
    rmdirSync(group)
  }
}

/** A hierarchy may have a name alone, for whoever counts processes in it. */
function isController(name: string): boolean {
  return !['systemd', 'elogind', 'openrc'].includes(name)
}

function controllersOf2(group: string): readonly string[] {
  const text = readFileSync(path.join(group, 'cgroup.controllers'), 'utf8').trim()
  return text === '' ? [] : text.split(' ').sort()
}

function isCgroup(folder: string, version: keyof typeof magicOf): boolean {
  try {
    return statfsSync(folder).type === magicOf[version]
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return false
    throw error
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return []
    throw error
  }
}
