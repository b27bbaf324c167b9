import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from './errors.ts'

/**
 * Makes a directory and those missing above it, as `mkdir -p` does, also beside others who make the same. Node's own
 * `recursive` never ends where a file system refuses a new entry with ENOENT, as `/proc` does, and says ENOENT where one is
 * read-only (both seen with Node 24), so each directory is made by itself.
 * @returns false when the directory was there already
 * @throws an error of the system: ENOENT when the parent is there and takes no entry, EACCES, ENOTDIR, EROFS, ENOSPC
 */
export function makeFolder(folder: string, mode = 0o777): boolean {
  try {
    return makeOne(folder, mode)
  } catch (error) {
    const parent = path.dirname(folder)
    if (!isSystemError(error, 'ENOENT') || parent === folder) throw error
    makeFolder(parent, mode)
    return makeOne(folder, mode)
  }
}

function makeOne(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode })
    return true
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false
    throw error
  }
}
