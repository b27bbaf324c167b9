import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'

/**
 * What a failed write means to the user.
 * @param path the file that was being written
 * @param bytes how many were to be written, or had been
 * @returns TSB_DISK_FULL or TSB_STORE_READ_ONLY, or the error itself when it is something else
 */
export async function writeFailure(error: unknown, path: string, bytes: number): Promise<unknown> {
  if (isSystemError(error, 'ENOSPC', 'EDQUOT')) return diskFull(error, path, bytes)
  if (isSystemError(error, 'EROFS', 'EACCES', 'EPERM')) return readOnly(error, path)
  return error
}

/** Runs a write; see `writeFailure` for what it throws. */
export async function writing<T>(path: string, bytes: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw await writeFailure(error, path, bytes)
  }
}

async function diskFull(cause: unknown, path: string, bytes: number): Promise<TsbuildError> {
  const found = await statfs(dirname(path)).catch(() => undefined)
  const free = found ? found.bavail * found.bsize : 0
  const hasNoInode = found !== undefined && found.files > 0 && found.ffree === 0
  const missing = hasNoInode ? 'no inode is free' : `${bytes} bytes, ${free} are free`
  return new TsbuildError('TSB_DISK_FULL', `no space left for ${path} (${missing})`, {
    hint: 'free some space, or set TSBUILD_ROOT to a directory on another disk',
    cause,
  })
}

function readOnly(cause: unknown, path: string): TsbuildError {
  const reason = isSystemError(cause, 'EROFS') ? 'its file system is read-only' : 'permission denied'
  return new TsbuildError('TSB_STORE_READ_ONLY', `the store cannot be written to: ${path}: ${reason}`, {
    hint: 'set TSBUILD_ROOT to a directory that you may write to',
    cause,
  })
}
