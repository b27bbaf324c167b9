import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isSystemError } from '../errors.ts'
import { writing } from './failure.ts'
import { endProcessesBelow } from './left-processes.ts'
import { acquire, type Release, tryAcquire } from './lock.ts'
import { removeTree } from './remove-tree.ts'

/**
 * The part of `tmp/` that is this process's: `tmp/<id>/`, which lives as long as the lock on `tmp/<id>.lock` is held. A
 * lock, and not a process number, says who is alive: numbers mean nothing across pid namespaces, and are used again.
 */
export interface Temporary {
  /** Makes a fresh private directory. */
  make(prefix: string): Promise<string>
  /** True when another process has something in `tmp/` too. */
  othersAlive(): Promise<boolean>
  /** When each of those had its first there: milliseconds since 1970. */
  othersSince(): Promise<readonly number[]>
  /** Removes all that was made. */
  close(): Promise<void>
}

/** Nothing is made before it is asked for: a build in which all is cached needs none. */
export function openTemporary(folder: string): Temporary {
  let own: Promise<{ readonly path: string; readonly release: Release }> | undefined
  /** What failed is tried again by the next, and is nothing that would have to be closed. */
  const claimed = async () => {
    own ??= claim(folder)
    try {
      return await own
    } catch (error) {
      own = undefined
      throw error
    }
  }
  const others = async () => {
    const ownId = own && basename((await own).path)
    return (await leftIn(folder)).filter((id) => id !== ownId).map((id) => join(folder, `${id}.lock`))
  }
  return {
    async make(prefix) {
      const { path } = await claimed()
      return writing(path, 0, async () => mkdtempSync(join(path, `${prefix}-`)))
    },
    async othersAlive() {
      return (await others()).some(isHeld)
    },
    async othersSince() {
      const held = (await others()).filter(isHeld)
      return held.flatMap((lock) => statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? [])
    },
    async close() {
      if (!own) return
      const { path, release } = await own
      own = undefined
      if (!removedEmpty(path)) await removeTree(path)
      release()
    },
  }
}

/** What was made is empty again after most builds. False when something is left. */
function removedEmpty(path: string): boolean {
  try {
    for (const name of readdirSync(path)) rmdirSync(join(path, name))
    rmdirSync(path)
    return true
  } catch {
    return false
  }
}

/** The lock comes first, so that a sweep never sees the directory without its lock. */
async function claim(folder: string): Promise<{ readonly path: string; readonly release: Release }> {
  const path = join(folder, randomBytes(4).toString('hex'))
  const release = await writing(path, 0, () => acquire(`${path}.lock`))
  await writing(path, 0, async () => mkdirSync(path, { mode: 0o700 }))
  return { path, release }
}

/**
 * Removes what processes left that are dead, steps of theirs among it. Never touches what a living one has. A read-only store
 * is left as it is, and so, for the next time, is what somebody goes on writing into.
 */
export async function sweep(folder: string): Promise<void> {
  for (const id of await leftIn(folder)) {
    try {
      const release = tryAcquire(join(folder, `${id}.lock`))
      if (!release) continue
      await removeLeft(join(folder, id)).finally(release)
    } catch (error) {
      if (!isSystemError(error, 'EROFS', 'EACCES', 'EPERM', ...stillWritten)) throw error
    }
  }
}

/** Of a directory in which files come and go while it is being removed. */
const stillWritten = ['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR', 'EISDIR'] as const

async function removeLeft(path: string): Promise<void> {
  await endProcessesBelow(path)
  await removeTree(path)
}

function isHeld(lock: string): boolean {
  const release = tryAcquire(lock)
  release?.()
  return !release
}

async function leftIn(folder: string): Promise<readonly string[]> {
  return [...new Set(readdirSync(folder).map((name) => name.replace(/\.lock$/, '')))]
}
