import { randomUUID } from 'node:crypto'
import { rename, rm, stat, writeFile } from 'node:fs/promises'
import { TsbuildError } from '../errors.ts'
import { whyNoFile, whyNotWritten } from '../why-no-file.ts'
import { FlagError } from './flags/flag-error.ts'

/**
 * Puts a text at a path in one step: a link to a file is replaced, not followed, and a reader never sees half of it.
 * @param text undefined: what is at the path is removed
 * @throws {TsbuildError} TSB_EXPORT_WRITE
 */
export async function replaceText(path: string | undefined, text: string | undefined): Promise<void> {
  if (path === undefined) return
  try {
    await replace(path, text)
  } catch (error) {
    const reason = whyNotWritten(error, path)
    if (reason === undefined) throw error
    throw new TsbuildError('TSB_EXPORT_WRITE', `cannot write ${path}: ${reason}`, { cause: error, hint: writableHint })
  }
}

const writableHint = 'name a file in a directory that is there and that you may write to'

async function replace(path: string, text: string | undefined): Promise<void> {
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
export function checkFileFlag(flag: string, path: string | undefined): void {
  const reason = path === undefined ? undefined : whyNoFile(path)
  if (reason === undefined) return
  throw new FlagError(`${flag} ${path}: ${reason}`, writableHint)
}
