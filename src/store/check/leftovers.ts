import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { isSystemError } from '../../errors.ts'
import { lockFile } from '../../syscalls/index.ts'
import { mountPoints } from '../remove-tree.ts'
import type { Finding } from './finding.ts'
import { namesIn } from './read.ts'

export interface Leftovers {
  readonly findings: readonly Finding[]
  /** Names in `tmp/` of processes that are dead. */
  readonly dead: readonly string[]
}

/** What processes that were killed left in `tmp/` and `locks/`, and what is mounted in the store. Changes nothing. */
export async function findLeftovers(root: string): Promise<Leftovers> {
  const ids = [...new Set((await namesIn(join(root, 'tmp'))).map((name) => name.replace(/\.lock$/, '')))]
  const dead = ids.filter((id) => !isHeld(join(root, 'tmp', `${id}.lock`)))
  const locks = (await namesIn(join(root, 'locks'))).filter((name) => !isHeld(join(root, 'locks', name)))
  return {
    dead,
    findings: [
      ...dead.map((id) => ofDead('temporary-left', `tmp/${id}`, 'is of a process that was killed')),
      ...locks.map((name) => ofDead('lock-left', `locks/${name}`, 'is the lock of a process that was killed')),
      ...(await mountsBelow(root)),
    ],
  }
}

function ofDead(kind: string, path: string, what: string): Finding {
  const hint = 'the next command that uses the store removes it'
  return { level: 'waste', kind, path, message: `${path} ${what}`, hint, mend: { kind: 'start' } }
}

function isHeld(lock: string): boolean {
  try {
    const fd = openSync(lock, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      return !lockFile(fd, 'exclusive', false)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return false
    throw error
  }
}

/** tsbuild mounts in namespaces of its own alone, so these are of somebody else, who knows what they are for. */
async function mountsBelow(root: string): Promise<readonly Finding[]> {
  const below = Buffer.from(`${root}/`).toString('latin1')
  const places = [...(await mountPoints())].filter((place) => place.startsWith(below))
  return places
    .map((place) => Buffer.from(place, 'latin1').toString())
    .map((path) => ({
      level: 'waste',
      kind: 'mount-left',
      path,
      message: `something is mounted on ${path}`,
      hint: `umount ${path}, when nothing needs it`,
    }))
}
