import type { Change, DirectoryEntry, Tree } from './entry.ts'
import { comparePaths } from './order.ts'
import { baseName, parentPath, rootPath, type TreePath } from './path.ts'

/**
 * The tree of these entries, in memory. Of two for one path the later counts. A directory that is not said but lies above
 * something is there as an implied one.
 */
export function treeOfEntries<E extends Change>(changes: Iterable<E>): Tree<E | DirectoryEntry> {
  const entries = new Map<TreePath, E | DirectoryEntry>([[rootPath, impliedDirectory(rootPath)]])
  const children = new Map<TreePath, string[]>()
  for (const change of changes) {
    if (!entries.has(change.path)) addToParents(change.path, entries, children)
    entries.set(change.path, change)
  }
  const sorted = new Set<TreePath>()
  return {
    get: (path) => entries.get(path),
    list(path) {
      const names = children.get(path)
      if (names === undefined || entries.get(path)?.kind !== 'directory') return []
      if (!sorted.has(path)) names.sort(comparePaths)
      sorted.add(path)
      return names
    },
    impliedDirectories: () => [...children.keys()].filter((path) => isImplied(entries.get(path))),
  }
}

function isImplied(change: Change | undefined): boolean {
  return change?.kind === 'directory' && change.implied === true
}

/** A directory that nobody described: 0755, 0:0, 1970. */
export function impliedDirectory(path: TreePath): DirectoryEntry {
  return { kind: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: 0, implied: true }
}

function addToParents<E>(
  path: TreePath,
  entries: Map<TreePath, E | DirectoryEntry>,
  children: Map<TreePath, string[]>,
) {
  for (let at = path; at !== rootPath; at = parentPath(at)) {
    const parent = parentPath(at)
    const siblings = children.get(parent)
    if (siblings) siblings.push(baseName(at))
    else children.set(parent, [baseName(at)])
    if (entries.has(parent)) return
    entries.set(parent, impliedDirectory(parent))
  }
}
