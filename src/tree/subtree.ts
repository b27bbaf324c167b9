import type { Entry, FileTree } from './entry.ts'
import { joinPath, type TreePath } from './path.ts'

/** A directory of a tree as a tree of its own: its links end at the directory, as in a chroot. */
export function subtree(tree: FileTree, root: TreePath): FileTree {
  const inside = (entry: Entry | undefined, path: TreePath): Entry | undefined => entry && { ...entry, path }
  return {
    get: (path) => inside(tree.get(joinPath(root, path)), path),
    list: (path) => tree.list(joinPath(root, path)),
    linkSteps: tree.linkSteps,
  }
}
