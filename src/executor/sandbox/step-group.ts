import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { joinGroup, removeGroup } from './cgroups.ts'
import { findPlace, type GroupPlace } from './group-place.ts'
import type { Controller } from './hierarchies.ts'
import type { Exceeded, Resources } from './sandbox.ts'
import { usualProcesses } from './surroundings.ts'
import { groupsAround, waysToGroups } from './ways-to-groups.ts'

/** The control groups, one in each hierarchy that is needed, which hold the limits of a step. */
export interface StepGroup {
  readonly folders: readonly string[]
  /** Where there is one hierarchy for all, of version 2: the path of the group in it. A runtime makes its own below. */
  readonly unified: string | undefined
  /** Puts a process in, and so all that it will start. */
  add(pid: number): void
  /** To be asked when the step has ended. */
  exceeded(): Exceeded | undefined
  /** When its processes have ended. What cannot be removed is left for a later sweep. */
  remove(): Promise<void>
}

/** True when there is a limit that has to be held. */
export function isLimited({ memory, cpus, processes = -1 }: Resources): boolean {
  return memory !== undefined || cpus !== undefined || processes !== -1
}

/**
 * Groups that hold what was asked for, and the usual number of processes when nothing was said of that; none when there is
 * nothing to hold.
 * @param name as `cgroupPrefix` has it
 * @param parent `--cgroup-parent`
 * @param helpers processes of the sandbox that will be in the group too
 * @throws {TsbuildError} TSB_LIMIT_UNAVAILABLE for what was asked for and cannot be held
 */
export function makeStepGroup(
  name: string,
  resources: Resources,
  parent: string | undefined,
  helpers: number,
): StepGroup | undefined {
  const settings = settingsOf(resources, helpers)
  const made = new Map<string, GroupPlace>()
  try {
    for (const setting of settings) {
      const place = findPlace(setting.controller, parent)
      if (typeof place !== 'string') hold(setting, path.join(place.folder, name), place, made)
      else if (setting.flag !== undefined) throw cannotHold(setting.flag, place)
    }
  } catch (error) {
    for (const folder of made.keys()) removeGroup(folder)
    throw error
  }
  return made.size === 0 ? undefined : groupOf(made, resources)
}

/** Values to write for a limit, each into its file, for hierarchies of both versions. */
interface Setting {
  readonly controller: Controller
  /** By which it was asked for; absent: a default, which nobody misses where it cannot be held. */
  readonly flag?: string
  readonly files: Readonly<Record<1 | 2, readonly (readonly [file: string, value: number | string])[]>>
}

function settingsOf({ memory, memorySwap, cpus, processes }: Resources, helpers: number): readonly Setting[] {
  const settings: Setting[] = []
  if (memory !== undefined) settings.push(memorySetting(memory), swapSetting(memory, memorySwap))
  if (cpus !== undefined) {
    const quota = Math.round(cpus * period)
    const first = [['cpu.cfs_period_us', period] as const, ['cpu.cfs_quota_us', quota] as const]
    settings.push({ controller: 'cpu', flag: '--cpus', files: { 1: first, 2: [['cpu.max', `${quota} ${period}`]] } })
  }
  if (processes !== -1) {
    const most = [['pids.max', (processes ?? usualProcesses) + helpers] as const]
    const flag = processes === undefined ? {} : { flag: '--pids-limit' }
    settings.push({ controller: 'pids', ...flag, files: { 1: most, 2: most } })
  }
  return settings
}

/** Microseconds in which a step gets its share of processor time. */
const period = 100_000

/** Groups of version 1 below this one count as well. */
function memorySetting(memory: number): Setting {
  const first = [['memory.use_hierarchy', 1] as const, ['memory.limit_in_bytes', memory] as const]
  return { controller: 'memory', flag: '--memory', files: { 1: first, 2: [['memory.max', memory]] } }
}

/** As much swap again as memory when nothing was said, as with Docker; no matter then if it cannot be held. */
function swapSetting(memory: number, asked: number | undefined): Setting {
  const both = asked ?? 2 * memory
  const files = {
    1: [['memory.memsw.limit_in_bytes', both]],
    2: [['memory.swap.max', both === -1 ? 'max' : both - memory]],
  } as const
  return { controller: 'memory', ...(asked !== undefined && hasSwap() && { flag: '--memory-swap' }), files }
}

/** The first row has titles. */
function hasSwap(): boolean {
  return (textOf('/proc/swaps') ?? '').trim().split('\n').length > 1
}

function hold({ flag, files }: Setting, folder: string, place: GroupPlace, made: Map<string, GroupPlace>): void {
  try {
    if (!made.has(folder)) mkdirSync(folder, { mode: 0o755 })
    made.set(folder, place)
    // A group of no such file would be given one by nobody: its file system makes none.
    for (const [file, value] of files[place.version])
      writeFileSync(path.join(folder, file), String(value), { flag: 'r+' })
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'EINVAL', 'EBUSY')) throw error
    if (flag !== undefined) throw cannotHold(flag, error.message)
  }
}

function cannotHold(flag: string, why: string): TsbuildError {
  return new TsbuildError('TSB_LIMIT_UNAVAILABLE', `${flag} cannot be held here: ${why}`, {
    hint: `${waysToGroups(groupsAround()).join(', ')}; without ${flag} it builds`,
  })
}

function groupOf(made: ReadonlyMap<string, GroupPlace>, resources: Resources): StepGroup {
  const folders = [...made.keys()]
  return {
    folders,
    unified: unifiedPath(made),
    add(pid) {
      for (const folder of folders) joinGroup(folder, pid)
    },
    exceeded: () => exceededIn(made, resources),
    async remove() {
      for (let left = 20; left > 0 && !folders.map(removeGroup).every(Boolean); left--) await sleep(5)
    },
  }
}

function unifiedPath(made: ReadonlyMap<string, GroupPlace>): string | undefined {
  const [[folder, place] = []] = made
  if (folder === undefined || place?.version !== 2 || place.mountPoint !== '/sys/fs/cgroup') return undefined
  return path.posix.join('/', path.posix.relative(place.mountPoint, folder))
}

function exceededIn(
  made: ReadonlyMap<string, GroupPlace>,
  { memory, processes = usualProcesses }: Resources,
): Exceeded | undefined {
  for (const [folder, { version }] of made) {
    const count = (file: string, name: string) => countIn(textOf(path.join(folder, file)), name)
    const killed = count(version === 1 ? 'memory.oom_control' : 'memory.events', 'oom_kill')
    const peak = Number(textOf(path.join(folder, version === 1 ? 'memory.max_usage_in_bytes' : 'memory.peak')))
    if (memory !== undefined && killed > 0) {
      return { what: 'memory', limit: memory, killed, ...(peak > 0 && { peak }) }
    }
    if (count('pids.events', 'max') > 0) return { what: 'processes', limit: processes }
  }
  return undefined
}

/** The number in the row of this name. */
function countIn(text: string | undefined, name: string): number {
  const row = text?.split('\n').find((line) => line.startsWith(`${name} `))
  return Number(row?.slice(name.length + 1) ?? 0)
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EOPNOTSUPP', 'ENODEV')) return undefined
    throw error
  }
}
