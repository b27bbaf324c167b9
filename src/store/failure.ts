import { diskFull } from '../disk-full.ts'
import { isSystemError, TsbuildError } from '../errors.ts'

/**
 * What a failed write means to the user.
 * @param path the file that was being written
 * @param bytes how many were to be written
 * @param isPart these could be written, of a number that nobody knows
 * @returns TSB_DISK_FULL or TSB_STORE_READ_ONLY, or the error itself when it is something else
 */
export async function writeFailure(error: unknown, path: string, bytes: number, isPart = false): Promise<unknown> {
  if (isSystemError(error, 'ENOSPC', 'EDQUOT')) return diskFull(error, path, bytes, isPart)
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

function readOnly(cause: unknown, path: string): TsbuildError {
  const reason = isSystemError(cause, 'EROFS') ? 'its file system is read-only' : 'permission denied'
  return new TsbuildError('TSB_STORE_READ_ONLY', `the store cannot be written to: ${path}: ${reason}`, {
    hint: 'give --root, or TSBUILD_ROOT, a directory that you may write to',
    cause,
  })
}
