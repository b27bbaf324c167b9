import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { lockFile } from '../syscalls/index.ts'
import { exporting } from './destination.ts'

const longestWait = 50

/**
 * Makes a directory when it is not there, and works on it while no other process that asks for it does. The lock is of the
 * directory itself: nothing is left beside it, and the kernel gives it back when this process dies.
 * @throws {TsbuildError} TSB_EXPORT_WRITE, TSB_DISK_FULL
 */
export async function withFolder<T>(
  folder: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const handle = await exporting(folder, async () => {
    makeFolder(folder)
    return open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  })
  try {
    for (let wait = 1; !isOurs(handle); wait = Math.min(wait * 2, longestWait)) {
      await sleep(wait, undefined, signal ? { signal } : {})
    }
    return await work()
  } finally {
    await handle.close()
  }
}

/** Where a file system has no locks for directories, as NFS has none, there is nobody to wait for. */
function isOurs({ fd }: FileHandle): boolean {
  try {
    return lockFile(fd, 'exclusive', false)
  } catch (error) {
    if (isSystemError(error, 'EBADF', 'EINVAL', 'ENOLCK', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP')) return true
    throw error
  }
}
