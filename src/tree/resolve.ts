import { TsbuildError } from '../errors.ts'
import { defaultLimits, limitHint } from '../limits.ts'
import type { Entry, FileTree, SymlinkEntry } from './entry.ts'
import { isWithin, joinPath, parentPath, rootPath, type TreePath } from './path.ts'

/** Where a path leads when symbolic links are followed. */
export interface Resolved {
  /** The place without links on the way. When nothing is there: where it would be. */
  readonly path: TreePath
  /** What is at that place. */
  readonly entry: Entry | undefined
  /** The deepest place on the way that exists: the entry itself, or the directory (or file!) where the way ended. */
  readonly reached: TreePath
  /** The last symbolic link that was followed. */
  readonly link?: SymlinkEntry
}

/**
 * Follows a path inside a tree as if the tree were `/`: absolute links start at its root, and `..` stops there.
 * @throws {TsbuildError} TSB_PATH_LOOP after as many links as the tree allows
 */
export function resolvePath(tree: FileTree, path: TreePath, options: { readonly followLast: boolean }): Resolved {
  const ahead = path === rootPath ? [] : path.split('/').reverse()
  let [at, reached, missing] = [rootPath, rootPath, false]
  const { linkSteps = defaultLimits['link-steps'] } = tree
  let link: SymlinkEntry | undefined
  for (let links = 0, piece = ahead.pop(); piece !== undefined; piece = ahead.pop()) {
    if (piece === '' || piece === '.') continue
    if (piece === '..') {
      at = parentPath(at)
      missing &&= !isWithin(at, reached)
      continue
    }
    const next = joinPath(at, piece)
    const entry = missing ? undefined : tree.get(next)
    if (entry?.kind === 'symlink' && (options.followLast || ahead.length > 0)) {
      if (++links > linkSteps) throw loopError(path, linkSteps)
      link = entry
      if (entry.target.startsWith('/')) at = rootPath
      ahead.push(...entry.target.split('/').reverse())
      continue
    }
    at = next
    if (entry === undefined) missing = true
    else reached = next
  }
  return { path: at, entry: missing ? undefined : tree.get(at), reached, ...(link && { link }) }
}

function loopError(path: TreePath, steps: number): TsbuildError {
  return new TsbuildError('TSB_PATH_LOOP', `more than ${steps} symbolic links on the way to /${path}`, {
    hint: `look for links that lead to each other; ${limitHint('link-steps')}`,
  })
}
