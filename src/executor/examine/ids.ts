import { readFileSync, statSync } from 'node:fs'
import { geteuid } from 'node:process'
import { isSystemError } from '../../errors.ts'
import { getXattr } from '../../syscalls/index.ts'
import { type IdRange, outsideOf, readIdMap } from '../sandbox/id-map.ts'
import type { Tools } from '../sandbox/tools.ts'

/** Whose ids tsbuild may use, and what decides it. */
export interface Ids {
  /** In the namespace that tsbuild is in. */
  readonly uid: number
  /** What that is outside, where a user namespace maps it. */
  readonly outside: number
  /** Of `outside` in /etc/passwd. */
  readonly name?: string
  /** How many user ids, and group ids, there are here; 2^32 - 1 are all. */
  readonly users: number
  readonly groups: number
  /** `weak`: it has neither the set-uid bit nor the capability that it needs. */
  readonly newuidmap: HelperState
  readonly newgidmap: HelperState
  /** What /etc/subuid and /etc/subgid give to the user, in ids. */
  readonly subuid: number
  readonly subgid: number
  /** The first id from 100000 on that neither gives to anybody. */
  readonly free: number
  /** Settings of the kernel that rule user namespaces: those that it has. */
  readonly settings: Readonly<Record<string, number>>
}

export type HelperState = 'missing' | 'weak' | 'ready'

const settings = [
  'kernel.unprivileged_userns_clone',
  'user.max_user_namespaces',
  'kernel.apparmor_restrict_unprivileged_userns',
] as const

export function examineIds(tools: Tools): Ids {
  const users = readIdMap('uid')
  const uid = geteuid?.() ?? 0
  const outside = outsideOf(users, uid)
  const name = rowsIn('/etc/passwd').find((row) => row[2] === String(outside))?.[0]
  const ranges = ['/etc/subuid', '/etc/subgid'].map((file) => rowsIn(file))
  const given = ranges.map((rows) => sizeOf(rows, [String(outside), ...(name === undefined ? [] : [name])]))
  return {
    uid,
    outside,
    ...(name !== undefined && { name }),
    users: countIn(users),
    groups: countIn(readIdMap('gid')),
    newuidmap: helperState(tools.find('newuidmap'), 7),
    newgidmap: helperState(tools.find('newgidmap'), 6),
    subuid: given[0] ?? 0,
    subgid: given[1] ?? 0,
    free: Math.max(100_000, ...ranges.flat().map(([, first, count]) => Number(first) + Number(count) || 0)),
    settings: Object.fromEntries(settings.flatMap((setting) => settingNamed(setting))),
  }
}

function countIn(map: readonly IdRange[]): number {
  return map.reduce((sum, { count }) => sum + count, 0)
}

function sizeOf(rows: readonly (readonly string[])[], names: readonly string[]): number {
  return rows
    .filter(([owner = '']) => names.includes(owner))
    .reduce((sum, [, , count]) => sum + (Number(count) || 0), 0)
}

/** @param capability its number: CAP_SETUID or CAP_SETGID, which some distributions give in place of the set-uid bit */
function helperState(path: string | undefined, capability: number): HelperState {
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })
  if (path === undefined || found === undefined) return 'missing'
  const permitted = getXattr(path, 'security.capability')?.[4] ?? 0
  return found.mode & 0o4000 || (permitted >> capability) & 1 ? 'ready' : 'weak'
}

function settingNamed(setting: string): readonly (readonly [string, number])[] {
  const text = textOf(`/proc/sys/${setting.replace('.', '/')}`).trim()
  return text === '' ? [] : [[setting, Number(text)]]
}

function rowsIn(file: string): readonly (readonly string[])[] {
  return textOf(file)
    .split('\n')
    .filter((line) => line.includes(':') && !line.startsWith('#'))
    .map((line) => line.split(':'))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES', 'EPERM')) return ''
    throw error
  }
}
