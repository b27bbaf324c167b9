import { randomUUID } from 'node:crypto'
import { accessSync, closeSync, constants, existsSync, openSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from './errors.ts'

/**
 * Why no file can be put at a path, also in place of one that is there; undefined when one can. It is tried, since rights
 * alone do not say it: of root, of quotas, of `/proc`. Nothing is left behind.
 */
export function whyNoFile(file: string): string | undefined {
  if (file === '') return 'that names no file'
  return whyNot(file, () => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.isDirectory()) return 'that is a directory'
    // A device or a pipe is written to, and not replaced.
    if (found && !found.isFile()) accessSync(file, constants.W_OK)
    else tryFile(path.dirname(file))
    return undefined
  })
}

/** The same of files in a directory, which may not be there yet. */
export function whyNoFolder(folder: string): string | undefined {
  const above = path.dirname(folder)
  return whyNot(path.join(folder, 'file'), () => {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (!found && above !== folder) return whyNoFolder(above)
    if (found && !found.isDirectory()) return `${folder} is no directory`
    tryFile(folder)
    return undefined
  })
}

/** What an error of the system means for who wants to write a file; undefined for one that is about something else. */
export function whyNotWritten(error: unknown, file: string): string | undefined {
  const folder = path.dirname(file)
  if (isSystemError(error, 'ENOENT')) {
    return existsSync(folder) ? `nothing new can be made in ${folder}` : `there is no directory ${folder}`
  }
  if (isSystemError(error, 'ENOTDIR')) return 'a part of that path is no directory'
  if (isSystemError(error, 'EACCES', 'EPERM')) return `this user may not write in ${folder}`
  if (isSystemError(error, 'EROFS')) return `the file system of ${folder} cannot be written to`
  if (isSystemError(error, 'ENOSPC', 'EDQUOT')) return 'no space left'
  if (isSystemError(error, 'ELOOP', 'ENAMETOOLONG', 'EIO', 'EISDIR', 'EFBIG', 'ENXIO')) return error.message
  return undefined
}

function whyNot(file: string, attempt: () => string | undefined): string | undefined {
  try {
    return attempt()
  } catch (error) {
    const reason = whyNotWritten(error, file)
    if (reason === undefined) throw error
    return reason
  }
}

/** `O_TMPFILE` without its `O_DIRECTORY`, on all processors that Node runs on. */
const unnamed = 0o20000000

/** Makes a file that never has a name; where the file system knows none such, one that is removed at once. */
function tryFile(folder: string): void {
  try {
    closeSync(openSync(folder, constants.O_RDWR | constants.O_DIRECTORY | unnamed, 0o600))
  } catch (error) {
    if (!isSystemError(error, 'EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL', 'ENOSYS')) throw error
    const file = path.join(folder, `.tsbuild-${randomUUID()}`)
    closeSync(openSync(file, 'wx', 0o600))
    rmSync(file)
  }
}
