import { rename, rm, writeFile } from 'node:fs/promises'
import process from 'node:process'

/**
 * Puts a text at a path in one step: a link there is replaced, not followed, and a reader never sees half of it.
 * @param text undefined: what is at the path is removed
 */
export async function replaceFile(path: string | undefined, text: string | undefined): Promise<void> {
  if (path === undefined) return
  if (text === undefined) return rm(path, { force: true })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeFile(temporary, text, { flag: 'wx' })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
