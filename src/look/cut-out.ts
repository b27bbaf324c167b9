import {
  type Entry,
  type FileTree,
  fileOfLink,
  isWithin,
  joinPath,
  movedPath,
  rootPath,
  type TreePath,
} from '../tree/index.ts'

/** A directory of a tree as a tree of its own: a hard link to a file outside is a file. */
export function cutOut(tree: FileTree, root: TreePath): FileTree {
  return {
    get(path) {
      const entry = tree.get(joinPath(root, path))
      return entry && inside(tree, entry, root)
    },
    list: (path) => tree.list(joinPath(root, path)),
    linkSteps: tree.linkSteps,
  }
}

function inside(tree: FileTree, entry: Entry, root: TreePath): Entry {
  const apart = entry.kind === 'hardlink' && !isWithin(root, entry.target) ? fileOfLink(tree, entry) : entry
  const path = movedPath(apart.path, root, rootPath)
  return apart.kind === 'hardlink'
    ? { ...apart, path, target: movedPath(apart.target, root, rootPath) }
    : { ...apart, path }
}
