import { treeOfEntries } from './entries.ts'
import type { Entry, FileTree, HardlinkEntry } from './entry.ts'
import { isWithin, parentPath, type TreePath } from './path.ts'
import { walk } from './walk.ts'

/**
 * The part of a tree below `from` whose entries are accepted, by their path relative to it, with the directories that lead
 * to them. `from` itself is always in it.
 */
export function filterTree(tree: FileTree, from: TreePath, accept: (relative: string) => boolean): FileTree {
  const kept = new Map<TreePath, Entry>()
  const keep = (entry: Entry) => {
    for (let at = parentPath(entry.path); isWithin(from, at) && !kept.has(at); at = parentPath(at)) {
      const directory = tree.get(at)
      if (directory) kept.set(at, directory)
      if (at === from) break
    }
    kept.set(entry.path, entry.kind === 'hardlink' && !kept.has(entry.target) ? fileBehind(tree, entry) : entry)
  }
  const root = tree.get(from)
  if (root) kept.set(from, root)
  const start = from === '' ? 0 : from.length + 1
  for (const entry of walk(tree, from)) if (entry.path !== from && accept(entry.path.slice(start))) keep(entry)
  return treeOfEntries(kept.values())
}

/** A further name whose first one was left out is a file of its own. */
function fileBehind(tree: FileTree, { path, target }: HardlinkEntry): Entry {
  const file = tree.get(target)
  if (file?.kind !== 'file') throw new Error(`hard link ${path} leads to no file`)
  return { ...file, path }
}
