import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError } from '../errors.ts'
import { lockFile } from '../syscalls/index.ts'

/** A fresh file beside the one that it will replace. It is locked for as long as it is open. */
export interface Aside {
  readonly path: string
  readonly handle: FileHandle
}

/** Opens a file beside `file`, and removes those that writers of the same one left which were killed. */
export async function openAside(file: string): Promise<Aside> {
  const [folder, start] = [path.dirname(file), `.${path.basename(file)}.`]
  await sweep(folder, start)
  for (;;) {
    const aside = path.join(folder, `${start}${randomUUID()}.tmp`)
    const handle = await open(aside, 'wx', 0o666)
    // Whoever sweeps at this moment may take it for one that was left.
    if (isLocked(handle) !== false && (await handle.stat()).nlink > 0) return { path: aside, handle }
    await handle.close()
    await rm(aside, { force: true })
  }
}

async function sweep(folder: string, start: string): Promise<void> {
  const left = (await namesIn(folder)).filter(
    (name) => name.startsWith(start) && uuidTmp.test(name.slice(start.length)),
  )
  for (const name of left) {
    try {
      await using handle = await open(path.join(folder, name), 'r')
      if (isLocked(handle)) await rm(path.join(folder, name), { force: true })
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'EACCES', 'EPERM')) throw error
    }
  }
}

const uuidTmp = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

/** Whoever cannot be looked for is left; making the file says what is wrong with the folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return []
    throw error
  }
}

/** Undefined where the file system knows no locks. */
function isLocked(handle: FileHandle): boolean | undefined {
  try {
    return lockFile(handle.fd, 'exclusive', false)
  } catch (error) {
    if (isSystemError(error, 'ENOLCK', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'EBADF')) return undefined
    throw error
  }
}
