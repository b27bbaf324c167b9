import { TsbuildError } from '../errors.ts'
import { impliedDirectory } from './entries.ts'
import type { Change, DirectoryEntry, Entry, FileEntry, FileTree, HardlinkEntry, Tree } from './entry.ts'
import { comparePaths } from './order.ts'
import { absolutePath, joinPath, parentPath, rootPath, type TreePath } from './path.ts'

/**
 * The file tree that layers make together, lowest first. Whiteouts and opaque directories are obeyed and gone. A hard link
 * whose file is covered by a higher layer shows as a file with the bytes that it still has.
 */
export function overlay(layers: readonly Tree[]): FileTree {
  return merged(layers, [])
}

/** @param stacks the merged trees of the lowest layers, by their number, as far as they were asked for */
function merged(layers: readonly Tree[], stacks: FileTree[]): FileTree {
  const open = new Map<TreePath, OpenDirectory | undefined>([[rootPath, openDirectory(rootPath, allOf(layers))]])
  const directoryAt = (path: TreePath): OpenDirectory | undefined => {
    const unknown: TreePath[] = []
    for (let at = path; !open.has(at); at = parentPath(at)) unknown.push(at)
    for (let at = unknown.pop(); at !== undefined; at = unknown.pop()) {
      const parent = open.get(parentPath(at))
      open.set(at, parent && openDirectory(at, parent.parts))
    }
    return open.get(path)
  }
  const find = (path: TreePath): Found | undefined => {
    const parent = directoryAt(parentPath(path))
    return parent && topmost(path, parent.parts)
  }
  const below = (link: HardlinkEntry, depth: number) => {
    const own = layers[depth]?.get(link.target)
    const count = own ? depth + 1 : depth
    stacks[count] ??= merged(layers.slice(0, count), stacks)
    return { own, files: stacks[count] }
  }
  const get = (path: TreePath): Entry | undefined => {
    if (path === rootPath) return directoryAt(path)?.entry
    const found = find(path)
    if (found?.change.kind === 'directory') return directoryAt(path)?.entry
    if (found?.change.kind === 'hardlink') return linkOrFile(found.change, found.depth, find, below)
    return found?.change
  }
  return { get, list: (path) => directoryAt(path)?.names() ?? [] }
}

/** A layer and its place in the stack, 0 for the lowest. */
interface Part {
  readonly tree: Tree
  readonly depth: number
}

interface Found {
  readonly change: Entry
  readonly depth: number
}

/** A directory of the merged view: the layers that have a part in it, topmost first. */
interface OpenDirectory {
  readonly entry: DirectoryEntry
  readonly parts: readonly Part[]
  names(): readonly string[]
}

function allOf(layers: readonly Tree[]): readonly Part[] {
  return layers.map((tree, depth) => ({ tree, depth })).reverse()
}

function openDirectory(path: TreePath, candidates: readonly Part[]): OpenDirectory | undefined {
  const parts: Part[] = []
  let [said, implied, isOpaque]: [DirectoryEntry?, DirectoryEntry?, boolean?] = []
  for (const part of candidates) {
    const change = part.tree.get(path)
    if (change === undefined) continue
    if (change.kind !== 'directory') break
    if (!isOpaque) parts.push(part)
    if (change.implied) implied ??= change
    else said ??= change
    isOpaque ||= change.opaque === true
    if (isOpaque && said) break
  }
  const entry = said ?? implied ?? (path === rootPath ? impliedDirectory(path) : undefined)
  return entry && { entry: withoutMarks(entry), parts, names: namesOf(path, parts) }
}

function withoutMarks(entry: DirectoryEntry): DirectoryEntry {
  if (!entry.opaque && !entry.implied) return entry
  const { opaque: _, implied: __, ...plain } = entry
  return plain
}

function namesOf(path: TreePath, parts: readonly Part[]): () => readonly string[] {
  let names: readonly string[] | undefined
  return () => {
    names ??= mergedNames(path, parts)
    return names
  }
}

/** Each name is decided by the topmost layer that lists it, and looked at in that one alone. */
function mergedNames(path: TreePath, parts: readonly Part[]): readonly string[] {
  const [only] = parts
  if (only && parts.length === 1) return only.tree.list(path).filter((name) => isThere(only, path, name))
  const decided = new Map<string, boolean>()
  for (const part of parts) {
    for (const name of part.tree.list(path)) {
      if (decided.has(name)) continue
      const change = part.tree.get(joinPath(path, name))
      if (change !== undefined) decided.set(name, change.kind !== 'whiteout')
    }
  }
  return [...decided].flatMap(([name, shows]) => (shows ? [name] : [])).sort(comparePaths)
}

function isThere({ tree }: Part, path: TreePath, name: string): boolean {
  const change = tree.get(joinPath(path, name))
  return change !== undefined && change.kind !== 'whiteout'
}

/** What the topmost layer that speaks of a path has there. */
function topmost(path: TreePath, parts: readonly Part[]): Found | undefined {
  for (const { tree, depth } of parts) {
    const change = tree.get(path)
    if (change === undefined) continue
    return change.kind === 'whiteout' ? undefined : { change, depth }
  }
  return undefined
}

/** What a hard link's own layer has at its target, and the files up to that layer, or below it when there is nothing. */
type Below = (link: HardlinkEntry, depth: number) => { readonly own: Change | undefined; readonly files: FileTree }

function linkOrFile(
  link: HardlinkEntry,
  depth: number,
  find: (path: TreePath) => Found | undefined,
  below: Below,
): Entry {
  const target = find(link.target)
  if (target?.depth === depth && target.change.kind === 'file') return link
  const file = fileBehind(link, depth, below)
  const { kind: _, target: __, ...metadata } = link
  return { ...file, ...metadata }
}

/** The file as the link's own layer, or else those below it, have it. */
function fileBehind(link: HardlinkEntry, depth: number, below: Below): FileEntry {
  const { own, files } = below(link, depth)
  if (own?.kind === 'file') return own
  let entry: Entry | undefined = own?.kind === 'hardlink' ? own : files.get(link.target)
  for (let steps = 0; entry?.kind === 'hardlink' && steps < 255; steps++) entry = files.get(entry.target)
  if (entry?.kind === 'file') return entry
  throw new TsbuildError(
    'TSB_LAYER_LINK',
    `${absolutePath(link.path)} is a hard link to ${absolutePath(link.target)}, which is no file`,
  )
}
