import type { ImageOrSet } from '../image/index.ts'
import { type Change, type FileTree, movedPath, rootPath, tarOrder, walk, writeTar } from '../tree/index.ts'
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

/** The same of some files that are no image. */
export async function exportTarOfFiles(tree: FileTree, destination: Destination, signal?: AbortSignal): Promise<void> {
  await writeTo(destination, writeTar(tarOrder([...walk(tree)])), signal)
}

function* changesOf(roots: readonly Root[]): Generator<Change> {
  const directories = new Set<string>()
  for (const { folder, tree } of roots) {
    if (folder !== rootPath) yield { kind: 'directory', path: folder, mode: 0o755, uid: 0, gid: 0, mtime: 0 }
    for (const entry of walk(tree)) {
      const path = movedPath(entry.path, rootPath, folder)
      if (entry.kind === 'directory') {
        if (directories.has(path)) continue
        directories.add(path)
      }
      if (entry.kind === 'hardlink') yield { ...entry, path, target: movedPath(entry.target, rootPath, folder) }
      else yield { ...entry, path }
    }
  }
}
