import { TsbuildError } from '../../errors.ts'
import {
  absolutePath,
  type DirectoryEntry,
  type Entry,
  type FileEntry,
  type FileTree,
  isWithin,
  joinPath,
  parentPath,
  resolvePath,
  rootPath,
  type TreePath,
  treePath,
} from '../../tree/index.ts'
import { deviceNames } from '../sandbox/index.ts'
import type { MountTarget } from './rootfs.ts'

/** Where the mounts of a step go, and what is missing for that. */
export interface PlacedTargets {
  /** By the path that was asked for: the place without links on the way. */
  readonly places: ReadonlyMap<string, TreePath>
  /** What has to be made to mount on and goes after the step, parents first. */
  readonly stubs: readonly (DirectoryEntry | FileEntry)[]
  /** Directories that every container has, and that stay when the image had none. */
  readonly standing: readonly DirectoryEntry[]
}

/** Mounted over by every sandbox, with a content of its own. */
const systemFolders = ['proc', 'sys', 'dev'].map(treePath)

/**
 * Finds the place of each target, following links as if the tree were `/`.
 * @throws {TsbuildError} TSB_SANDBOX_TARGET
 */
export function placeTargets(tree: FileTree, targets: readonly MountTarget[]): PlacedTargets {
  const standing = systemFolders.filter((path) => !isFolder(tree.get(path), path)).map(madeDirectory)
  const places = new Map<string, TreePath>()
  const stubs = new Map<TreePath, DirectoryEntry | FileEntry>()
  const mounted: TreePath[] = [...systemFolders]
  for (const target of outermostFirst(targets)) {
    const path = placeOf(target, tree, places)
    places.set(target.path, path)
    if (!mounted.some((above) => isWithin(above, path))) addStubs(target, path, tree, stubs)
    if (target.kind === 'directory') mounted.push(path)
  }
  return { places, stubs: [...stubs.values()], standing }
}

/** D06: what a link or a volume of the image stands for must not be mounted on. */
function isFolder(entry: Entry | undefined, path: TreePath): boolean {
  if (entry !== undefined && entry.kind !== 'directory') throw badTarget(path, `it is a ${entry.kind} in the image`)
  return entry !== undefined
}

function outermostFirst(targets: readonly MountTarget[]): readonly MountTarget[] {
  const depth = ({ path }: MountTarget) => treePath(path).split('/').length
  return [...targets].sort((a, b) => depth(a) - depth(b))
}

/** Inside of another target, what the image has there is covered, so its links lead nowhere. */
function placeOf(target: MountTarget, tree: FileTree, places: ReadonlyMap<string, TreePath>): TreePath {
  const path = treePath(target.path)
  if (path === rootPath) throw badTarget(path, 'it is the root')
  for (const [asked, place] of [...places].reverse()) {
    const above = treePath(asked)
    if (path !== above && isWithin(above, path)) return joinPath(place, path.slice(above.length + 1))
  }
  const found = resolvePath(tree, path, { followLast: true }).path
  if (found === rootPath || systemFolders.includes(found)) throw badTarget(path, `it leads to ${absolutePath(found)}`)
  if (isWithin(treePath('proc'), found) || isWithin(treePath('sys'), found))
    throw badTarget(path, 'it is in /proc or /sys')
  const device = deviceNames.find((name) => isWithin(treePath(`dev/${name}`), found))
  if (device !== undefined) throw badTarget(path, `/dev/${device} is a device of every step, or a link to one`)
  return found
}

function addStubs(
  { kind }: MountTarget,
  path: TreePath,
  tree: FileTree,
  stubs: Map<TreePath, DirectoryEntry | FileEntry>,
): void {
  const entry = tree.get(path)
  if (entry) {
    const isDirectory = entry.kind === 'directory'
    if (isDirectory !== (kind === 'directory')) throw badTarget(path, `a ${kind} cannot be mounted on a ${entry.kind}`)
    return
  }
  for (const above of pathsAbove(path)) {
    const found = tree.get(above)
    if (found && found.kind !== 'directory') throw badTarget(path, `${absolutePath(above)} is a ${found.kind}`)
    if (!found && !stubs.has(above)) stubs.set(above, madeDirectory(above))
  }
  stubs.set(path, kind === 'directory' ? madeDirectory(path) : madeFile(path))
}

/** The directories that lead to a path, outermost first, without the root. */
export function pathsAbove(path: TreePath): readonly TreePath[] {
  const above: TreePath[] = []
  for (let at = parentPath(path); at !== rootPath; at = parentPath(at)) above.unshift(at)
  return above
}

const made = { uid: 0, gid: 0, mtime: 0 } as const

function madeDirectory(path: TreePath): DirectoryEntry {
  return { kind: 'directory', path, mode: 0o755, ...made }
}

function madeFile(path: TreePath): FileEntry {
  return { kind: 'file', path, mode: 0o644, size: 0, content: { kind: 'bytes', bytes: new Uint8Array() }, ...made }
}

function badTarget(path: TreePath, why: string): TsbuildError {
  return new TsbuildError('TSB_SANDBOX_TARGET', `nothing can be mounted on ${absolutePath(path)}: ${why}`, {
    hint: 'a mount needs a place of its own in the image, and /proc, /sys and /dev have to be directories',
  })
}
