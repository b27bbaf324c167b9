import { type FileTree, resolvePath, treePath } from '../tree/index.ts'
import { linkOutOf } from './leads-out.ts'
import type { Context } from './open-context.ts'

/** Files that come from elsewhere as a build context: all of them, since BuildKit applies no ignore file to such ones. */
export function contextOfTree(tree: FileTree): Context {
  return {
    tree,
    ignorePatterns: [],
    isDirectory: false,
    excludedBy: () => undefined,
    leavesBy: (path) => linkOutOf(tree, path),
    rulesFor: () => [],
    leftOutOf: () => [],
    wasAt: (path) => resolvePath(tree, treePath(path), { followLast: false }).entry,
  }
}
