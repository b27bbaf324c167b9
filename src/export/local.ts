import { openSync } from 'node:fs'
import type { Image } from '../image/index.ts'
import { makeFolder } from '../make-folder.ts'
import { type Entry, type FileTree, overlay, rootPath, type TreePath, walk } from '../tree/index.ts'
import { exporting } from './destination.ts'
import { directoryFlags, type OpenDirectories, openDirectories } from './open-directories.ts'
import { putDirectory, putFile, putHardlink, putSymlink } from './put.ts'

/** What an export to a directory left out. */
export interface LocalExport {
  /** Devices and fifos, which are not made on this machine. */
  readonly skipped: readonly TreePath[]
}

/**
 * Writes the files of an image into a directory, which is made when it is not there; what is in it stays, files of the
 * same names are replaced. All belongs to who runs this, setuid and setgid bits are dropped.
 * @throws {TsbuildError} TSB_EXPORT_LINK for a link or file in place of a directory, TSB_DISK_FULL, TSB_EXPORT_WRITE, and
 *   those of reading a layer
 */
export async function exportLocal(image: Image, folder: string, signal?: AbortSignal): Promise<LocalExport> {
  const layers = await Promise.all(image.layers.map((layer) => layer.tree()))
  return exporting(folder, async () => {
    makeFolder(folder)
    const directories = openDirectories(openSync(folder, directoryFlags))
    try {
      return { skipped: await putAll(overlay(layers), directories, folder, signal) }
    } finally {
      directories.close()
    }
  })
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
