import { existsSync } from 'node:fs'
import { geteuid } from 'node:process'
import { readHierarchies } from './hierarchies.ts'
import { outsideOf, readIdMap } from './id-map.ts'

/** What decides how somebody comes to control groups of his own. */
export interface GroupsAround {
  /** User id outside of any user namespace. */
  readonly outside: number
  /** There is one hierarchy for all, of version 2: parts of it can be given to an ordinary user. */
  readonly isUnified: boolean
  /** The machine was started by systemd, which gives them. */
  readonly hasSystemd: boolean
}

export function groupsAround(): GroupsAround {
  const hierarchies = readHierarchies()
  return {
    outside: outsideOf(readIdMap('uid'), geteuid?.() ?? 0),
    isUnified: hierarchies.length > 0 && hierarchies.every(({ version }) => version === 2),
    hasSystemd: existsSync('/run/systemd/system'),
  }
}

/** What to do for groups that can be made: only what can help who asks. */
export function waysToGroups({ outside, isUnified, hasSystemd }: GroupsAround): readonly string[] {
  if (outside === 0) return ['make /sys/fs/cgroup writable (in a container it is read-only unless asked for)']
  const delegated = 'run tsbuild by systemd-run --user --scope -p Delegate=yes'
  return isUnified && hasSystemd ? [delegated, 'or as root'] : ['run tsbuild as root']
}
