import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** A user of this machine who is not root and has a range of user ids. */
export interface OrdinaryUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** Absent when there is none, when we are not root, or when the user may not read `path`. */
export function findOrdinaryUser(path: string): OrdinaryUser | undefined {
  if (process.getuid?.() !== 0 || !existsSync('/etc/subuid')) return undefined
  const names = readFileSync('/etc/subuid', 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0])
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const [name = '', , uid, gid, , home = ''] of users) {
    const user = { name, uid: Number(uid), gid: Number(gid), home }
    if (names.includes(name) && user.uid > 0 && canRead(user, path)) return user
  }
  return undefined
}

export const noOrdinaryUser =
  'needs root, and a user with a line in /etc/subuid who may read this checkout (useradd -m builder)'

function canRead({ uid, gid }: Pick<OrdinaryUser, 'uid' | 'gid'>, path: string): boolean {
  return spawnSync('test', ['-r', path], { uid, gid }).status === 0
}

/** A user who is not root and has no range of ids: no line of /etc/subuid is theirs. Absent as for `findOrdinaryUser`. */
export function findUserWithoutRanges(path: string): Omit<OrdinaryUser, 'home'> | undefined {
  if (process.getuid?.() !== 0) return undefined
  const rows = (file: string) =>
    (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []).map((row) => row.split(':'))
  const given = [...rows('/etc/subuid'), ...rows('/etc/subgid')].map(([owner]) => owner)
  return rows('/etc/passwd')
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .find((user) => user.uid > 0 && !given.includes(user.name) && !given.includes(`${user.uid}`) && canRead(user, path))
}
