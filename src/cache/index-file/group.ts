import { baseName, comparePaths, parentPath, rootPath, type TreePath } from '../../tree/index.ts'
import type { IndexedChange } from '../layer-index.ts'

/** What a layer says in one directory, in no order. */
export interface Group {
  readonly path: TreePath
  readonly names: string[]
  /** For each name; undefined for a directory that is there because something is in it. */
  readonly changes: (IndexedChange | undefined)[]
  /** By name: what has something in it. */
  readonly below: Map<string, Group>
}

export interface Grouped {
  /** What is said of the root itself. */
  readonly root: IndexedChange | undefined
  /** Of each directory that has something in it. A directory comes before those in it. */
  readonly groups: readonly Group[]
}

/** The changes by the directory that they are in. */
export function groupByDirectory(changes: Iterable<IndexedChange>): Grouped {
  const groups = new Map<TreePath, Group>()
  let root: IndexedChange | undefined
  let last: Group | undefined
  for (const change of changes) {
    if (change.path === rootPath) {
      root = change
      continue
    }
    if (!last || !isIn(change.path, last.path)) {
      const parent = parentPath(change.path)
      last = groups.get(parent) ?? addGroup(groups, parent)
    }
    last.names.push(baseName(change.path))
    last.changes.push(change)
  }
  return { root, groups: [...groups.values()] }
}

/**
 * The names of a group in byte order, each once, as places in its lists: of two for one name the later counts, but what was
 * said before what is only there for others.
 */
export function orderOf({ names, changes }: Group): readonly number[] {
  const order = names.map((_, place) => place)
  if (isInOrder(names)) return order
  order.sort((a, b) => comparePaths(names[a] ?? '', names[b] ?? '') || rank(changes, a) - rank(changes, b) || a - b)
  return order.filter((place, at) => names[place] !== names[order[at + 1] ?? -1])
}

function isIn(path: TreePath, directory: TreePath): boolean {
  return path.lastIndexOf('/') === directory.length && directory !== rootPath && path.startsWith(directory)
}

function rank(changes: Group['changes'], place: number): number {
  return changes[place] === undefined ? 0 : 1
}

function isInOrder(names: readonly string[]): boolean {
  for (let at = 1; at < names.length; at++) {
    if (comparePaths(names[at - 1] ?? '', names[at] ?? '') >= 0) return false
  }
  return true
}

/** Adds a directory, and before it those above that are new; each is noted in the one above. */
function addGroup(groups: Map<TreePath, Group>, path: TreePath): Group {
  const missing: TreePath[] = [path]
  for (let at = path; at !== rootPath && !groups.has(parentPath(at)); at = parentPath(at)) missing.push(parentPath(at))
  let group: Group | undefined
  for (const at of missing.reverse()) {
    group = { path: at, names: [], changes: [], below: new Map() }
    groups.set(at, group)
    const above = at === rootPath ? undefined : groups.get(parentPath(at))
    above?.below.set(baseName(at), group)
    // What the walk of a tar said of it is the last thing that was noted above.
    if (!above || above.names.at(-1) === baseName(at)) continue
    above.names.push(baseName(at))
    above.changes.push(undefined)
  }
  if (!group) throw new Error('a list of one path and those above is empty')
  return group
}
