import { TsbuildError } from '../../errors.ts'
import {
  absolutePath,
  baseName,
  type Entry,
  type FileTree,
  type HardlinkEntry,
  isWithin,
  joinPath,
  movedPath,
  parentPath,
  resolvePath,
  rootPath,
  type TreeEditor,
  type TreePath,
  treePath,
  walk,
} from '../../tree/index.ts'
import type { Owner } from '../users.ts'
import type { ModeChange } from './mode.ts'

/** A file or folder to copy: where it is with all links followed, and the name by which it was asked for. */
export interface ChosenFile {
  readonly tree: FileTree
  readonly entry: Entry
  /** The last piece of the path as it was written or matched; the name it gets in a directory. */
  readonly name: string
  /** Of a directory: whether a path below it was asked for, and is not only on the way to such a one. */
  readonly accepts?: (relative: string) => boolean
}

/** What a copy changes in the entries it takes. */
export interface Placement {
  readonly owner: Owner | undefined
  readonly mode: ModeChange | undefined
  /** Seconds: the time of directories made on the way. */
  readonly now: number
}

interface NewDirectory extends Owner {
  readonly mode: number
  readonly mtime: number
}

/** Where a destination leads, with symbolic links followed inside the tree; what does not exist yet stays as written. */
export function resolveDestination(files: FileTree, dest: string): TreePath {
  return resolvePath(files, treePath(dest), { followLast: true }).path
}

/**
 * Makes a directory and those missing above it.
 * @throws {TsbuildError} TSB_NOT_A_DIRECTORY when something else is in the way
 */
export function makeDirectories(files: TreeEditor, path: TreePath, made: NewDirectory): void {
  const missing: TreePath[] = []
  for (let at = path; at !== rootPath; at = parentPath(at)) {
    const entry = files.get(at)
    if (entry?.kind === 'directory') break
    if (entry) throw notADirectory(at)
    missing.push(at)
  }
  for (const at of missing.reverse()) files.put({ kind: 'directory', path: at, ...made })
}

/**
 * Copies one chosen file or the contents of one chosen directory to `dest`, as BuildKit's COPY does: a trailing slash or
 * an existing directory takes a file in under its own name; parents are made; a directory and something else never
 * replace each other.
 */
export function placeFile(files: TreeEditor, chosen: ChosenFile, dest: string, placement: Placement): void {
  const made = newDirectory(placement)
  const wantsDirectory = dest.endsWith('/') || dest.endsWith('/.')
  makeDirectories(files, resolveDestination(files, wantsDirectory ? dest : parentOf(dest)), made)
  const target = resolveDestination(files, dest)
  if (chosen.entry.kind === 'directory') {
    if (!files.get(target)) makeDirectories(files, target, made)
    copyContents(files, chosen, target, placement)
    return
  }
  const inside = target === rootPath || files.get(target)?.kind === 'directory'
  const path = inside ? joinPath(target, chosen.name) : target
  makeDirectories(files, parentPath(path), made)
  putEntry(
    files,
    place(chosen.tree, chosen.entry, path, placement, () => undefined),
  )
}

/** Directories made on the way are 0755 and root's, but `--chown` and an octal `--chmod`, less special bits, hit them too. */
function newDirectory({ owner, mode, now }: Placement): NewDirectory {
  return {
    mode: mode?.absolute ? mode.apply(0o755, true) & 0o777 : 0o755,
    uid: owner?.uid ?? 0,
    gid: owner?.gid ?? 0,
    mtime: now,
  }
}

function parentOf(dest: string): string {
  return dest.slice(0, dest.lastIndexOf('/') + 1)
}

/** A directory that is only on the way to what was asked for, and exists, keeps its owner; its mode is that of the source. */
function copyContents(files: TreeEditor, chosen: ChosenFile, target: TreePath, placement: Placement): void {
  const { tree, entry: root } = chosen
  if (files.get(target)?.kind !== 'directory') throw nonDirectory(target)
  /** Where a regular file of the source went, which comes before its further names. */
  const placeOf = (path: TreePath) => (isWithin(root.path, path) ? movedPath(path, root.path, target) : undefined)
  for (const entry of walk(tree, root.path)) {
    const path = movedPath(entry.path, root.path, target)
    const isOnTheWay = chosen.accepts?.(movedPath(entry.path, root.path, rootPath)) === false
    const existing = isOnTheWay ? files.get(path) : undefined
    if (existing?.kind === 'directory') files.put({ ...existing, mode: entry.mode })
    else putEntry(files, place(tree, entry, path, placement, placeOf))
  }
}

/** The entry as it will be in the result. */
function place(
  tree: FileTree,
  entry: Entry,
  path: TreePath,
  { owner, mode }: Placement,
  placeOf: (path: TreePath) => TreePath | undefined,
): Entry {
  const source = entry.kind === 'hardlink' ? followHardlink(tree, entry, placeOf) : entry
  const permissions =
    mode && source.kind !== 'symlink' ? mode.apply(source.mode, source.kind === 'directory') : source.mode
  return { ...source, path, ...owner, mode: permissions }
}

/** A further name of a file: a link when the file was copied too, else a file of its own. */
function followHardlink(
  tree: FileTree,
  entry: HardlinkEntry,
  placeOf: (path: TreePath) => TreePath | undefined,
): Entry {
  const target = placeOf(entry.target)
  if (target !== undefined) return { ...entry, target }
  const file = tree.get(entry.target)
  if (file?.kind !== 'file') throw new Error(`hard link ${entry.path} leads to no file`)
  return { ...file, path: entry.path }
}

function putEntry(files: TreeEditor, entry: Entry): void {
  const existing = files.get(entry.path)
  if (entry.kind === 'directory') {
    if (existing && existing.kind !== 'directory') throw nonDirectory(entry.path)
  } else if (existing?.kind === 'directory') {
    throw new TsbuildError('TSB_COPY_CONFLICT', `cannot replace to directory ${absolutePath(entry.path)} with file`, {
      hint: `remove ${baseName(entry.path)} in an earlier RUN, or copy to another place`,
    })
  }
  files.put(entry)
}

function nonDirectory(path: TreePath): TsbuildError {
  return new TsbuildError('TSB_COPY_CONFLICT', `cannot copy to non-directory: ${absolutePath(path)}`, {
    hint: 'a directory is copied onto a file or symbolic link; for several sources end the destination with a /',
  })
}

function notADirectory(path: TreePath): TsbuildError {
  return new TsbuildError('TSB_NOT_A_DIRECTORY', `${absolutePath(path)}: not a directory`, {
    hint: 'a file of the image is where a directory is needed',
  })
}
