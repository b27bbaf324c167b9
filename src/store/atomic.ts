import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writing } from './failure.ts'
import { removeTree } from './remove-tree.ts'
import { renameOver } from './rename-over.ts'
import { isSmall } from './small-file.ts'

/**
 * Writes a file so that everybody sees the old one or the whole new one.
 * @param aside a directory of the same file system for the file while it is not whole
 * @param durable wait until it would survive a power cut
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY; then nothing is left behind
 */
export async function writeAtomically(
  path: string,
  bytes: Uint8Array | string,
  aside: string,
  durable = false,
): Promise<void> {
  const unfinished = join(aside, `${basename(path).slice(0, 40)}-${randomBytes(6).toString('hex')}`)
  await writing(path, bytes.length, async () => {
    try {
      await writeFileAt(unfinished, bytes, durable)
      await renameOver(unfinished, path)
    } catch (error) {
      await removeTree(unfinished)
      throw error
    }
    if (durable) await syncFolder(dirname(path))
  })
}

async function writeFileAt(path: string, bytes: Uint8Array | string, durable: boolean): Promise<void> {
  if (!durable && isSmall(bytes)) {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
    return
  }
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(bytes)
  if (durable) await file.sync()
}

/** Makes the names in a directory survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r')
  await folder.sync()
}
