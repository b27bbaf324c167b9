import type { Change, Tree } from './entry.ts'
import { joinPath, rootPath, type TreePath } from './path.ts'

/**
 * What is below a directory, each entry before what is in it, siblings in byte order. The directory itself is not among
 * them. Links are not followed. Works at any depth; nothing is listed before it is asked for.
 */
export function* walk<E extends Change>(tree: Tree<E>, from: TreePath = rootPath): Generator<E, void, undefined> {
  const open = [{ directory: from, names: tree.list(from), next: 0 }]
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const name = top.names[top.next++]
    if (name === undefined) {
      open.pop()
      continue
    }
    const entry = tree.get(joinPath(top.directory, name))
    if (entry === undefined) continue
    yield entry
    if (entry.kind === 'directory') open.push({ directory: entry.path, names: tree.list(entry.path), next: 0 })
  }
}
