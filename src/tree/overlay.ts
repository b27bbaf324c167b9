import { TsbuildError } from '../errors.ts'
import { impliedDirectory } from './entries.ts'
import type { DirectoryEntry, Entry, FileEntry, FileTree, HardlinkEntry, Tree } from './entry.ts'
import { comparePaths } from './order.ts'
import { absolutePath, joinPath, parentPath, rootPath, type TreePath } from './path.ts'

/**
 * The file tree that layers make together, lowest first. Whiteouts and opaque directories are obeyed and gone. A hard link
 * whose file is covered by a higher layer shows as a file with the bytes that it still has.
 */
export function overlay(layers: readonly Tree[]): FileTree {
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
  const get = (path: TreePath): Entry | undefined => {
    if (path === rootPath) return directoryAt(path)?.entry
    const found = find(path)
    if (found?.change.kind === 'directory') return directoryAt(path)?.entry
    if (found?.change.kind === 'hardlink') return linkOrFile(layers, found.change, found.depth, find)
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

function mergedNames(path: TreePath, parts: readonly Part[]): readonly string[] {
  const [only] = parts
  const all = parts.length === 1 && only ? only.tree.list(path) : parts.flatMap((part) => part.tree.list(path))
  const distinct = parts.length === 1 ? all : [...new Set(all)].sort(comparePaths)
  return distinct.filter((name) => topmost(joinPath(path, name), parts) !== undefined)
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

function linkOrFile(
  layers: readonly Tree[],
  link: HardlinkEntry,
  depth: number,
  find: (path: TreePath) => Found | undefined,
): Entry {
  const target = find(link.target)
  if (target?.depth === depth && target.change.kind === 'file') return link
  const file = fileBehind(layers, link, depth)
  const { kind: _, target: __, ...metadata } = link
  return { ...file, ...metadata }
}

/** The file as the link's own layer, or else those below it, have it. */
function fileBehind(layers: readonly Tree[], link: HardlinkEntry, depth: number): FileEntry {
  const own = layers[depth]?.get(link.target)
  if (own?.kind === 'file') return own
  const below = overlay(layers.slice(0, depth + (own ? 1 : 0)))
  let entry: Entry | undefined = own?.kind === 'hardlink' ? own : below.get(link.target)
  for (let steps = 0; entry?.kind === 'hardlink' && steps < 255; steps++) entry = below.get(entry.target)
  if (entry?.kind === 'file') return entry
  throw new TsbuildError(
    'TSB_LAYER_LINK',
    `${absolutePath(link.path)} is a hard link to ${absolutePath(link.target)}, which is no file`,
  )
}
