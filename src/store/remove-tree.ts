import type { Stats } from 'node:fs'
import { chmod, lstat, readdir, readFile, rmdir, unlink } from 'node:fs/promises'
import { isSystemError } from '../errors.ts'

/**
 * Removes a file, or a directory with all below it. Never follows a symbolic link, and stays out of everything mounted
 * below: such a mount is left with the directories that lead to it. Nothing there is fine.
 * @returns false when something was left because of a mount
 */
export async function removeTree(path: string): Promise<boolean> {
  const mounts = await mountPoints()
  return removeBelow(Buffer.from(path), (candidate) => mounts.has(candidate.toString('latin1')))
}

async function removeBelow(path: Buffer, isMount: (path: Buffer) => boolean): Promise<boolean> {
  const found = await statOf(path)
  if (!found) return true
  if (isMount(path)) return false
  if (!found.isDirectory()) return removed(unlink(path))
  let whole = true
  for (const name of await namesIn(path, found)) {
    whole = (await removeBelow(Buffer.concat([path, slash, name]), isMount)) && whole
  }
  return whole && removed(rmdir(path))
}

const slash = Buffer.from('/')

async function namesIn(path: Buffer, found: Stats): Promise<readonly Buffer[]> {
  if ((found.mode & 0o700) !== 0o700) await chmod(path, 0o700)
  return readdir(path, { encoding: 'buffer' })
}

async function removed(removal: Promise<void>): Promise<true> {
  try {
    await removal
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error
  }
  return true
}

async function statOf(path: Buffer): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Where something is mounted, as seen from here. The fifth field of each line, with its octal escapes read. As latin1, so that any byte is a character. */
export async function mountPoints(): Promise<ReadonlySet<string>> {
  const lines = (await readFile('/proc/self/mountinfo', 'latin1')).split('\n')
  return new Set(lines.map((line) => unescapeOctal(line.split(' ')[4] ?? '')))
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
