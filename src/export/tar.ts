import type { ImageOrSet } from '../image/index.ts'
import {
  type Change,
  type Entry,
  type FileTree,
  movedPath,
  rootPath,
  type TreePath,
  tarOrder,
  walk,
  writeTar,
} from '../tree/index.ts'
import { type Destination, writeTo } from './destination.ts'
import { type Root, rootsOf } from './roots.ts'

/**
 * Writes the files of an image as a tar, all layers laid over each other: owners, modes, times and extended attributes as
 * the image has them.
 * @param split as in `rootsOf`
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST, TSB_EXPORT_CONFLICT, and those of reading a layer
 */
export async function exportTar(
  image: ImageOrSet,
  destination: Destination,
  signal?: AbortSignal,
  split?: boolean,
): Promise<void> {
  const roots = await rootsOf(image, split)
  await writeTo(destination, writeTar(tarOrder(changesOf(roots))), signal)
}

/**
 * The same for some tree of files.
 * @param folder where they are in the tar: a directory as the root of the tree is
 */
export async function exportTreeTar(
  tree: FileTree,
  folder: TreePath,
  destination: Destination,
  signal?: AbortSignal,
): Promise<void> {
  await writeTo(destination, writeTar(tarOrder(changesBelow(tree, folder))), signal)
}

function* changesBelow(tree: FileTree, folder: TreePath): Generator<Change> {
  const root = tree.get(rootPath)
  if (root && folder !== rootPath) yield { ...root, path: folder }
  for (const entry of walk(tree)) yield moved(entry, folder)
}

function moved(entry: Entry, folder: TreePath): Change {
  const path = movedPath(entry.path, rootPath, folder)
  return entry.kind === 'hardlink'
    ? { ...entry, path, target: movedPath(entry.target, rootPath, folder) }
    : { ...entry, path }
}

function* changesOf(roots: readonly Root[]): Generator<Change> {
  const directories = new Set<string>()
  for (const { folder, tree } of roots) {
    if (folder !== rootPath) yield { kind: 'directory', path: folder, mode: 0o755, uid: 0, gid: 0, mtime: 0 }
    for (const entry of walk(tree)) {
      const change = moved(entry, folder)
      if (change.kind === 'directory') {
        if (directories.has(change.path)) continue
        directories.add(change.path)
      }
      yield change
    }
  }
}
