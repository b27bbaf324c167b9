import { constants, openSync } from 'node:fs'
import path from 'node:path'
import type { ImageOrSet } from '../image/index.ts'
import { makeFolder } from '../make-folder.ts'
import { type Entry, type FileTree, rootPath, type TreePath, walk } from '../tree/index.ts'
import { exporting } from './destination.ts'
import { directoryFlags, type OpenDirectories, openDirectories } from './open-directories.ts'
import { putDirectory, putFile, putHardlink, putSymlink } from './put.ts'
import { type Root, rootsOf } from './roots.ts'

/** What an export to a directory left out. */
export interface LocalExport {
  /** Devices and fifos, which are not made on this machine. */
  readonly skipped: readonly TreePath[]
}

/**
 * Writes the files of an image into a directory, which is made when it is not there; what is in it stays, files of the
 * same names are replaced. All belongs to who runs this, setuid and setgid bits are dropped.
 * @param split as in `rootsOf`
 * @throws {TsbuildError} TSB_EXPORT_LINK for a link or file in place of a directory, TSB_DISK_FULL, TSB_EXPORT_WRITE,
 *   TSB_EXPORT_CONFLICT, and those of reading a layer
 */
export async function exportLocal(
  image: ImageOrSet,
  folder: string,
  signal?: AbortSignal,
  split?: boolean,
): Promise<LocalExport> {
  const roots = await rootsOf(image, split)
  return exporting(folder, async () => {
    const skipped: TreePath[] = []
    for (const root of roots) skipped.push(...(await putRoot(root, folder, signal)))
    return { skipped }
  })
}

/** As `exportLocal`, for some tree of files. */
export async function exportTree(tree: FileTree, folder: string, signal?: AbortSignal): Promise<LocalExport> {
  return exporting(folder, async () => ({ skipped: await putRoot({ folder: rootPath, tree }, folder, signal) }))
}

async function putRoot(root: Root, folder: string, signal: AbortSignal | undefined): Promise<readonly TreePath[]> {
  const place = path.join(folder, root.folder)
  makeFolder(place)
  const noLinks = root.folder === rootPath ? 0 : constants.O_NOFOLLOW
  const directories = openDirectories(openSync(place, directoryFlags | noLinks))
  try {
    return await putAll(root.tree, directories, place, signal)
  } finally {
    directories.close()
  }
}

async function putAll(
  tree: FileTree,
  directories: OpenDirectories,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<readonly TreePath[]> {
  const skipped: TreePath[] = []
  for (const entry of walk(tree, rootPath)) {
    signal?.throwIfAborted()
    directories.enter(entry.path)
    if (!(await put(entry, directories, folder))) skipped.push(entry.path)
  }
  return skipped
}

/** @returns false for what is left out */
async function put(entry: Entry, directories: OpenDirectories, folder: string): Promise<boolean> {
  switch (entry.kind) {
    case 'directory':
      putDirectory(entry, directories, folder)
      return true
    case 'file':
      await putFile(entry, directories)
      return true
    case 'symlink':
      await putSymlink(entry, directories)
      return true
    case 'hardlink':
      await putHardlink(entry, directories)
      return true
    default:
      return false
  }
}
