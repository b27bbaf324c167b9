import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import {
  type DirectoryEntry,
  encodeName,
  type FileEntry,
  type HardlinkEntry,
  readContent,
  type SymlinkEntry,
  type TreePath,
} from '../tree/index.ts'
import { directoryFlags, type OpenDirectories } from './open-directories.ts'

/** @throws {TsbuildError} TSB_EXPORT_LINK when something else is there */
export function putDirectory(entry: DirectoryEntry, directories: OpenDirectories, folder: string): void {
  const place = directories.place(entry.path)
  try {
    makeDirectory(place)
    directories.push(entry, openSync(place, directoryFlags | constants.O_NOFOLLOW))
  } catch (error) {
    if (!isSystemError(error, 'ELOOP', 'ENOTDIR')) throw error
    throw new TsbuildError('TSB_EXPORT_LINK', `${path.join(folder, entry.path)} is a link or file, not a directory`, {
      hint: 'remove it, or export to an empty directory',
    })
  }
}

export async function putFile(entry: FileEntry, directories: OpenDirectories): Promise<void> {
  await replace(entry.path, directories, async (aside) => {
    const handle = openSync(aside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      for await (const chunk of readContent(entry)) {
        for (let at = 0; at < chunk.length; ) at += writeSync(handle, chunk, at)
      }
      fchmodSync(handle, entry.mode & 0o777)
      futimesSync(handle, entry.mtime, entry.mtime)
    } finally {
      closeSync(handle)
    }
  })
}

export async function putSymlink(entry: SymlinkEntry, directories: OpenDirectories): Promise<void> {
  await replace(entry.path, directories, (aside) => {
    symlinkSync(encodeName(entry.target), aside)
    lutimesSync(aside, entry.mtime, entry.mtime)
  })
}

export async function putHardlink(entry: HardlinkEntry, directories: OpenDirectories): Promise<void> {
  await replace(entry.path, directories, (aside) => linkSync(directories.fromRoot(entry.target), aside))
}

function makeDirectory(place: Buffer): void {
  try {
    mkdirSync(place, 0o700)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
  }
}

/** Makes something under another name and puts it in place of what is there, in one step. A directory stays in the way. */
async function replace(
  target: TreePath,
  directories: OpenDirectories,
  make: (aside: Buffer) => void | Promise<void>,
): Promise<void> {
  const place = directories.place(target)
  const aside = Buffer.concat([place.subarray(0, place.lastIndexOf('/') + 1), Buffer.from(`.tsbuild-${randomUUID()}`)])
  try {
    await make(aside)
    renameSync(aside, place)
  } finally {
    // It is still there after a failure, and when both are names of one file, which rename leaves alone.
    rmSync(aside, { force: true })
  }
}
