import type { FileTree } from './entry.ts'
import { isWithin, joinPath, type TreePath } from './path.ts'
import { fileOfLink } from './walk-apart.ts'

/** Decides by the path relative to where the filter starts. */
export type AcceptPath = (relative: string) => boolean

/**
 * The part of a tree below `from` whose entries are accepted, and the directories that lead to them. `from` itself is always
 * in it. A further name of a file whose first one is left out is a file of its own. Nothing is looked at before it is asked
 * for, and nothing below a directory where nothing may be accepted.
 * @param mayAcceptBelow false for a directory that is not accepted itself, nor anything below it
 */
export function filterTree(
  tree: FileTree,
  from: TreePath,
  accept: AcceptPath,
  mayAcceptBelow: AcceptPath = () => true,
): FileTree {
  const { stats } = tree
  const known = new Map<TreePath, boolean>([[from, true]])
  const relative = (path: TreePath) => (from === '' ? path : path.slice(from.length + 1))
  const isOpen = (path: TreePath) => {
    const known = tree.isDirectory?.(path)
    if (known === false || !mayAcceptBelow(relative(path))) return false
    return known ?? tree.get(path)?.kind === 'directory'
  }
  const shows = (path: TreePath): boolean => {
    const answer = known.get(path) ?? (accept(relative(path)) || (isOpen(path) && leadsToAccepted(path)))
    known.set(path, answer)
    return answer
  }
  /** Looks below a directory that is not accepted itself, level by level, until something is. */
  const leadsToAccepted = (directory: TreePath): boolean => {
    const ahead = [directory]
    for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
      for (const name of tree.list(at)) {
        const path = joinPath(at, name)
        if (known.get(path) ?? accept(relative(path))) return true
        if (!known.has(path) && isOpen(path)) ahead.push(path)
        else known.set(path, false)
      }
    }
    return false
  }
  const has = (path: TreePath) => isWithin(from, path) && shows(path)
  return {
    get(path) {
      const entry = has(path) ? tree.get(path) : undefined
      return entry?.kind === 'hardlink' && !has(entry.target) ? fileOfLink(tree, entry) : entry
    },
    linkSteps: tree.linkSteps,
    list: (path) => (has(path) ? tree.list(path).filter((name) => shows(joinPath(path, name))) : []),
    isDirectory: (path) => (has(path) ? tree.isDirectory?.(path) : false),
    ...(stats && { stats: (path: TreePath) => (has(path) ? stats(path) : undefined) }),
  }
}
