import { TsbuildError } from '../../errors.ts'
import { absolutePath, baseName, parentPath, type TreePath, treePath } from '../path.ts'
import { archiveError, quoted } from './archive-error.ts'

/**
 * How a layer says that something is gone: an empty file `.wh.NAME`, or `.wh..wh..opq` for all that lower layers have in
 * the directory.
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
 */
export type Mark =
  | { readonly kind: 'whiteout'; readonly path: TreePath }
  | { readonly kind: 'opaque'; readonly path: TreePath }
  /** A mark of an old union file system: means nothing. */
  | { readonly kind: 'ignored' }

const prefix = '.wh.'
const opaqueName = '.wh..wh..opq'
const aufsPrefix = '.wh..wh.'

/** The mark that a path is; undefined for an ordinary path. @throws {TsbuildError} TSB_WHITEOUT_NAME */
export function markOf(path: TreePath): Mark | undefined {
  if (!path.includes(prefix)) return undefined
  const name = baseName(path)
  if (name === opaqueName) return { kind: 'opaque', path: plainParent(path) }
  if (path.split('/').some((piece) => piece.startsWith(aufsPrefix))) return { kind: 'ignored' }
  if (!name.startsWith(prefix)) {
    plainParent(path)
    return undefined
  }
  const gone = name.slice(prefix.length)
  if (gone === '' || gone === '.' || gone === '..') throw markError(path)
  return { kind: 'whiteout', path: treePath(`${plainParent(path)}/${gone}`) }
}

/** The path of the file that says that a path is gone. */
export function whiteoutPath(path: TreePath): string {
  const parent = parentPath(path)
  return `${parent}${parent === '' ? '' : '/'}${prefix}${baseName(path)}`
}

/** The path of the file that makes a directory opaque. */
export function opaquePath(directory: TreePath): string {
  return `${directory}${directory === '' ? '' : '/'}${opaqueName}`
}

/**
 * Refuses a file whose name would delete something once it is in a layer.
 * @throws {TsbuildError} TSB_WHITEOUT_RESERVED
 */
export function checkNotReserved(path: TreePath): void {
  if (!path.includes(prefix) || !path.split('/').some((piece) => piece.startsWith(prefix))) return
  throw new TsbuildError(
    'TSB_WHITEOUT_RESERVED',
    `${absolutePath(path)}: names that begin with .wh. delete files in a layer`,
    {
      hint: 'rename the file, or keep it out (--exclude, .dockerignore)',
    },
  )
}

function plainParent(path: TreePath): TreePath {
  const parent = parentPath(path)
  if (parent.split('/').some((piece) => piece.startsWith(prefix))) throw markError(path)
  return parent
}

function markError(path: TreePath): Error {
  return archiveError('TSB_WHITEOUT_NAME', `a whiteout that names nothing: ${quoted(path)}`)
}
