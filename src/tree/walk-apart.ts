import type { Entry, FileTree, HardlinkEntry } from './entry.ts'
import { isWithin, type TreePath } from './path.ts'
import { walk } from './walk.ts'

/**
 * What is below a directory, as `walk` has it, when nothing else of the tree comes along: a hard link to a file outside is a
 * file of its own.
 */
export function* walkApart(tree: FileTree, from: TreePath): Generator<Entry, void, undefined> {
  for (const entry of walk(tree, from)) {
    yield entry.kind === 'hardlink' && !isWithin(from, entry.target) ? fileOfLink(tree, entry) : entry
  }
}

/** The file that a hard link is a further name of, under that name. */
export function fileOfLink(tree: FileTree, { path, target }: HardlinkEntry): Entry {
  const file = tree.get(target)
  if (file?.kind !== 'file') throw new Error(`hard link ${path} leads to no file`)
  return { ...file, path }
}
