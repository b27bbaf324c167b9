/**
 * A place in a file tree: relative to its root, pieces joined by `/`, no empty piece, no `.` or `..`. The root is `''`.
 * Bytes that are not UTF-8 stand as lone surrogates U+DC80 to U+DCFF (see `names.ts`). Made by `treePath` alone.
 */
export type TreePath = string & { readonly __brand: 'TreePath' }

export const rootPath = '' as TreePath

/** Reads a path as one from the root of a tree, whatever it looks like: `/a//b/../c`, `../a/c` and `a/c` are the same. */
export function treePath(text: string): TreePath {
  const pieces: string[] = []
  for (const piece of text.split('/')) {
    if (piece === '..') pieces.pop()
    else if (piece !== '' && piece !== '.') pieces.push(piece)
  }
  return pieces.join('/') as TreePath
}

/** The path of `name` in a directory. `name` may hold several pieces; it is cleaned and cannot climb out of the root. */
export function joinPath(directory: TreePath, name: string): TreePath {
  return isPlainName(name)
    ? (`${directory}${directory === '' ? '' : '/'}${name}` as TreePath)
    : treePath(`${directory}/${name}`)
}

/** Where something below a directory is, or the directory itself, after that moved to another path. */
export function movedPath(path: TreePath, from: TreePath, to: TreePath): TreePath {
  const below = from === '' ? path : path.slice(from.length + 1)
  return `${to}${to === '' || below === '' ? '' : '/'}${below}` as TreePath
}

/** The directory that holds a path; the root is in itself. */
export function parentPath(path: TreePath): TreePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as TreePath
}

/** The last piece of a path, `''` for the root. */
export function baseName(path: TreePath): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** True when `path` is `directory` or lies below it. */
export function isWithin(directory: TreePath, path: TreePath): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`)
}

/** `/` and the path: how an image and its Dockerfile write it. */
export function absolutePath(path: TreePath): string {
  return `/${path}`
}

function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/')
}
