import type { FileTree } from './entry.ts'
import { hasWildcard, nameMatcher } from './match-name.ts'
import { joinPath, rootPath, type TreePath, treePath } from './path.ts'
import { resolvePath } from './resolve.ts'

/**
 * The paths that a COPY source means, in byte order. A path without wildcards is itself, there or not. Wildcards are Go's
 * (`matchName`), piece by piece: `**` is no more than `*`, names that begin with a dot match, and from the first wildcard
 * on no symbolic link is walked through. Nothing leads out of the tree. Whoever gets a symbolic link follows it.
 * @throws {TsbuildError} TSB_PATTERN; TSB_PATH_LOOP for the pieces before the first wildcard
 */
export function select(tree: FileTree, pattern: string): readonly TreePath[] {
  const written = treePath(pattern)
  const above = wildcardStart(pattern)
  if (above === undefined) return [written]
  const start = resolvePath(tree, above, { followLast: true })
  if (start.entry?.kind !== 'directory') return []
  const pieces = written.slice(above === rootPath ? 0 : above.length + 1).split('/')
  let found: readonly TreePath[] = [start.path]
  for (const choose of pieces.map(chooser)) found = found.flatMap((directory) => choose(tree, directory))
  return found
}

/** The directory that the wildcards of a COPY source are looked up in; undefined without wildcards. */
export function wildcardStart(pattern: string): TreePath | undefined {
  const pieces = treePath(pattern).split('/')
  const first = pieces.findIndex(hasWildcard)
  return first < 0 ? undefined : treePath(pieces.slice(0, first).join('/'))
}

type Choose = (tree: FileTree, directory: TreePath) => readonly TreePath[]

function chooser(piece: string): Choose {
  const matches = nameMatcher(piece)
  return (tree, directory) =>
    tree
      .list(directory)
      .filter(matches)
      .map((name) => joinPath(directory, name))
}

/** A source of `COPY --parents`: where to start (it may have wildcards), and the pattern of what is taken below. */
export interface PivotedSource {
  readonly start: string
  readonly pattern: TreePath
}

/** Cuts a source at its first `/./`; without one it counts from the root of the tree. */
export function splitPivot(source: string): PivotedSource {
  const at = source.indexOf('/./')
  if (at < 0) return { start: '', pattern: treePath(source) }
  return { start: source.slice(0, at), pattern: treePath(source.slice(at + 2)) }
}
