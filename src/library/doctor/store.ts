import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { fullBelow } from '../../disk-full.ts'
import { isSystemError, TsbuildError } from '../../errors.ts'
import type { Environment } from '../../options.ts'
import { openStore, type Store } from '../../store/index.ts'
import { lockFile } from '../../syscalls/index.ts'
import type { StoreFacts } from './facts.ts'
import { fileSystemOf } from './file-system.ts'

/** Where things are tried: the store, or a folder in its place when that cannot be used. */
export interface Place {
  /** Of the store; absent when it cannot be used. */
  readonly root?: string
  temporary(prefix: string): Promise<string>
  examine(): Promise<StoreFacts>
  close(): Promise<void>
}

/** Opens the store as a build does, and writes to it. */
export async function openPlace(environment: Environment): Promise<Place> {
  const { root, now } = environment
  let store: Store | undefined
  try {
    store = await openStore(root, { now })
    const { root: real, temporary, close } = store
    const full = await fullBelow(real, 'no build works without some')
    if (full) throw full
    const facts = factsOf(real, await temporary('doctor'))
    return { root: real, temporary, close, examine: async () => facts }
  } catch (error) {
    await store?.close()
    const failure = failureOf(error)
    const folder = await mkdtemp(path.join(environment.env['TMPDIR'] || '/tmp', 'tsbuild-doctor-'))
    return {
      temporary: (prefix) => mkdtemp(path.join(folder, `${prefix}-`)),
      examine: async () => ({ ...spaceOf(existing(root)), path: root, failure, lockProblem: '', reflink: false }),
      close: () => rm(folder, { recursive: true, force: true }),
    }
  }
}

/** What the user can mend; a bug is none of it. */
function failureOf(error: unknown): NonNullable<StoreFacts['failure']> {
  if (!(error instanceof TsbuildError) && !isSystemError(error, ...refusals)) throw error
  const hint = error instanceof TsbuildError ? error.hint : undefined
  return { message: error.message, ...(hint !== undefined && { hint }) }
}

const refusals = [
  ...['EACCES', 'EPERM', 'ENOTDIR', 'EROFS', 'ELOOP', 'ENAMETOOLONG', 'EIO', 'ESTALE'],
  ...['ENOENT', 'ENOSPC', 'EDQUOT'],
]

function factsOf(root: string, scratch: string): StoreFacts {
  const layout: unknown = JSON.parse(readFileSync(path.join(root, 'oci', 'oci-layout'), 'utf8'))
  return {
    path: root,
    mode: statSync(root).mode & 0o7777,
    layout: String(Object(layout).imageLayoutVersion),
    ...spaceOf(root),
    lockProblem: lockProblem(path.join(scratch, 'lock')),
    reflink: canReflink(scratch),
  }
}

/** A file system that makes inodes as it needs them says that it has none. */
function spaceOf(folder: string): Pick<StoreFacts, 'fileSystem' | 'freeBytes' | 'freeInodes'> {
  const { bavail, bsize, ffree, files } = statfsSync(folder)
  return { fileSystem: fileSystemOf(folder), freeBytes: bavail * bsize, ...(files > 0 && { freeInodes: ffree }) }
}

/** The nearest directory above, or the path itself. */
function existing(folder: string): string {
  try {
    statSync(folder)
    return folder
  } catch (error) {
    if (isSystemError(error, ...refusals, 'ENOENT')) return existing(path.dirname(folder))
    throw error
  }
}

/** Holds a lock, and asks for it once more as another process would. */
function lockProblem(file: string): string {
  const handles = [0, 1].map(() => openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600))
  try {
    const [first, second] = handles.map((handle) => lockFile(handle, 'exclusive', false))
    if (!first) return 'one that nobody holds is refused'
    return second ? 'one can be held twice' : ''
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return error.message
    throw error
  } finally {
    for (const handle of handles) closeSync(handle)
  }
}

function canReflink(scratch: string): boolean {
  const [from, to] = ['from', 'to'].map((name) => path.join(scratch, name)) as [string, string]
  writeFileSync(from, 'some bytes')
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}
