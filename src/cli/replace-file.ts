import { randomUUID } from 'node:crypto'
import { access, constants, lstat, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSystemError } from '../errors.ts'
import { FlagError } from './flags/flag-error.ts'

/**
 * Puts a text at a path in one step: a link to a file is replaced, not followed, and a reader never sees half of it.
 * @param text undefined: what is at the path is removed
 */
export async function replaceFile(path: string | undefined, text: string | undefined): Promise<void> {
  if (path === undefined) return
  if (await isDevice(path)) return text === undefined ? undefined : writeFile(path, text)
  if (text === undefined) return rm(path, { force: true })
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** What is written to and not replaced, by way of a link too: `/dev/stdout`, a pipe that has a name. */
async function isDevice(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && !stats.isFile() && !stats.isDirectory()
}

/**
 * Makes sure, before there is anything to write, that a file can be put at the path of a flag.
 * @throws {FlagError} when it cannot
 */
export async function checkPlace(flag: string, path: string | undefined): Promise<void> {
  if (path === undefined) return
  const hint = 'name a file in a directory that you may write to'
  try {
    await access(dirname(path), constants.W_OK)
    if ((await lstat(path)).isDirectory()) throw new FlagError(`${flag} ${path}: that is a directory`, hint)
  } catch (error) {
    if (isSystemError(error, 'ENOENT') && error.path === path) return
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS')) throw error
    throw new FlagError(`${flag} ${path}: no file can be written in ${dirname(path)}`, hint)
  }
}
