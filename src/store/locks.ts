import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { hexOf, sha256 } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { writing } from './failure.ts'
import { acquire, tryAcquire } from './lock.ts'

/** Runs work under a lock; see `Store.locked`. */
export type Locked = <T>(name: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/** Locks by name: callers of this process wait in a queue, the first of it competes with other processes. */
export function openLocks(folder: string): Locked {
  const tails = new Map<string, Promise<unknown>>()
  return (name, work, signal) => {
    const path = lockPlace(folder, name)
    const turn = (tails.get(name) ?? Promise.resolve()).then(() => holding(path, work, signal))
    const tail = turn.then(
      () => undefined,
      () => undefined,
    )
    tails.set(name, tail)
    void tail.then(() => tails.get(name) === tail && tails.delete(name))
    return turn
  }
}

/** The file that is there while somebody holds the lock, or wants it. */
export function lockPlace(folder: string, name: string): string {
  return join(folder, hexOf(sha256(name)).slice(0, 32))
}

/** Removes the files of locks whose holders were killed. A read-only store is left as it is. */
export function sweepLocks(folder: string): void {
  for (const name of readdirSync(folder)) {
    try {
      tryAcquire(join(folder, name))?.()
    } catch (error) {
      if (!isSystemError(error, 'EROFS', 'EACCES', 'EPERM')) throw error
    }
  }
}

async function holding<T>(path: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const release = await writing(path, 0, () => acquire(path, signal))
  try {
    return await work()
  } finally {
    release()
  }
}
