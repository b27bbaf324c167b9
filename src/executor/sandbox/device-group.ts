import { mkdirSync, statfsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../../errors.ts'
import { joinGroup, removeGroup } from './cgroups.ts'
import { sandboxFailed } from './failure.ts'
import { devices } from './surroundings.ts'

/**
 * On a machine with control groups of both versions, the hierarchy of version 1 that says which devices may be used, and
 * the one of version 2, which has no controllers there.
 */
const hierarchy = '/sys/fs/cgroup/devices'
export const unifiedHierarchy = '/sys/fs/cgroup/unified'

const cgroupMagic = 0x27_e0_eb
const cgroup2Magic = 0x63_67_72_70

/** True where a group of devices can be had beside a hierarchy that says nothing of them. */
export function isHybrid(): boolean {
  return typeOf(hierarchy) === cgroupMagic && typeOf(unifiedHierarchy) === cgroup2Magic
}

function typeOf(folder: string): number | undefined {
  try {
    return statfsSync(folder).type
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return undefined
    throw error
  }
}

/** A control group whose processes may make any device node, but open only the usual ones. */
export interface DeviceGroup {
  /** Puts a process in, and so all that it will start. */
  add(pid: number): void
  /** When its processes have ended. What cannot be removed is left for a later sweep. */
  remove(): Promise<void>
}

/**
 * @param name as `cgroupPrefix` has it
 * @param all whether any device may be opened
 * @throws {TsbuildError} TSB_SANDBOX_FAILED where none can be made
 */
export function makeDeviceGroup(name: string, all: boolean): DeviceGroup {
  const folder = path.join(hierarchy, name)
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text)
  try {
    mkdirSync(folder, { mode: 0o755 })
    if (!all) {
      write('devices.deny', 'a')
      for (const rule of rules) write('devices.allow', rule)
    }
  } catch (error) {
    if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS')) throw sandboxFailed('crun', error.message)
    throw error
  }
  return {
    add(pid) {
      joinGroup(folder, pid)
    },
    async remove() {
      for (let left = 20; left > 0 && !removeGroup(folder); left--) await sleep(5)
    },
  }
}

/** As runc has them: nodes may be made, and the usual ones and terminals be opened. */
const rules: readonly string[] = [
  'c *:* m',
  'b *:* m',
  ...[...Object.values(devices), [5, 2], [136, '*']].map(([major, minor]) => `c ${major}:${minor} rwm`),
]
