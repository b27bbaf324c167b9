import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../errors.ts'
import { lockFile } from '../syscalls/index.ts'

/** Gives a lock back. */
export type Release = () => void

const longestWait = 50

/**
 * Takes the lock that a file stands for, which the kernel gives back when this process dies. The file exists only while
 * somebody holds or wants the lock. Waits by asking again: a blocking flock would hold a thread of Node's pool, and four
 * of those stop all file access.
 */
export async function acquire(path: string, signal?: AbortSignal): Promise<Release> {
  for (let wait = 1; ; wait = Math.min(wait * 2, longestWait)) {
    signal?.throwIfAborted()
    const release = tryAcquire(path)
    if (release) return release
    await sleep(wait, undefined, signal ? { signal } : {})
  }
}

/** Takes the lock if nobody holds it. */
export function tryAcquire(path: string): Release | undefined {
  for (;;) {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    if (!lockFile(fd, 'exclusive', false)) {
      closeSync(fd)
      return undefined
    }
    if (isStillAt(path, fd)) return () => release(path, fd)
    closeSync(fd)
  }
}

/** The one who had it before may have removed the file between our open and our flock: then the lock is of no name. */
function isStillAt(path: string, fd: number): boolean {
  const [held, named] = [fstatSync(fd), statSync(path, { throwIfNoEntry: false })]
  return named !== undefined && named.ino === held.ino && named.dev === held.dev
}

/** Removes the name first, while the lock is still held, so that nobody ever removes a file that another one holds. */
function release(path: string, fd: number): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  } finally {
    closeSync(fd)
  }
}
