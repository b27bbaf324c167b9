import { closeSync, constants, fchmodSync, futimesSync } from 'node:fs'
import { baseName, type DirectoryEntry, isWithin, nameBytes, rootPath, type TreePath } from '../tree/index.ts'

/** A link in place of a directory is an error (ELOOP or ENOTDIR). */
export const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY

/**
 * The directories on the way to where a walk is, held open: what happens in one happens by its handle, so that no link
 * that somebody puts in its place leads anywhere.
 */
export interface OpenDirectories {
  /** The host path of an entry of the innermost open directory. */
  place(path: TreePath): Buffer
  /** The host path of something in the tree, by its whole path from the root. */
  fromRoot(path: TreePath): Buffer
  /** Leaves the directories that the path is not in, which get their mode and times now that all is in them. */
  enter(path: TreePath): void
  push(entry: DirectoryEntry, handle: number): void
  close(): void
}

export function openDirectories(root: number): OpenDirectories {
  const open: { readonly entry: DirectoryEntry; readonly handle: number }[] = []
  const leave = () => {
    const left = open.pop()
    if (!left) return
    try {
      fchmodSync(left.handle, left.entry.mode & 0o1777)
      futimesSync(left.handle, left.entry.mtime, left.entry.mtime)
    } finally {
      closeSync(left.handle)
    }
  }
  const below = (handle: number, name: string) =>
    Buffer.concat([Buffer.from(`/proc/self/fd/${handle}/`), nameBytes(name)])
  return {
    place: (path) => below(open.at(-1)?.handle ?? root, baseName(path)),
    fromRoot: (path) => below(root, path),
    enter(path) {
      while (!isWithin(open.at(-1)?.entry.path ?? rootPath, path)) leave()
    },
    push: (entry, handle) => void open.push({ entry, handle }),
    close() {
      while (open.length > 0) leave()
      closeSync(root)
    },
  }
}
