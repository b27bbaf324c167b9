import { nearest, TsbuildError } from '../../errors.ts'
import { type Entry, type FileTree, joinPath, rootPath, subtree, treeOfDirectory, treePath } from '../../tree/index.ts'

/**
 * Files that git wrote, as everybody gets them, whatever the umask was: files 0644 or 0755 (0444 and 0555 where git makes
 * them so, in `.git`), directories 0755, all of 0:0.
 * @param time seconds since 1970, for all of them; absent: when they were written
 */
export function checkoutTree(root: string, time: number | undefined): FileTree {
  const files = treeOfDirectory(root, { owners: 'root', xattrs: 'none' })
  return {
    get(path) {
      const entry = files.get(path)
      return entry && { ...entry, mode: modeOf(entry), ...(time !== undefined && { mtime: time }) }
    },
    list: files.list,
  }
}

function modeOf({ kind, mode }: Entry): number {
  if (kind === 'symlink') return 0o777
  if (kind !== 'file') return 0o755
  return (mode & 0o100 ? 0o555 : 0o444) | (mode & 0o200)
}

/**
 * A directory of the repository as the root.
 * @throws {TsbuildError} TSB_GIT_SUBDIR when it is not there, or is no directory all the way
 */
export function repositoryFolder(tree: FileTree, folder: string, remote: string): FileTree {
  let at = rootPath
  for (const piece of folder.split('/')) {
    if (piece === '..') throw subdirError(`${folder} leads out of the repository`, remote)
    const next = joinPath(at, piece)
    const entry = tree.get(next)
    if (!entry) throw noFolder(tree, at, piece, folder, remote)
    if (entry.kind !== 'directory') throw subdirError(`${next} is a ${entry.kind}, not a directory`, remote)
    at = next
  }
  return subtree(tree, treePath(folder))
}

function noFolder(tree: FileTree, at: ReturnType<typeof treePath>, piece: string, folder: string, remote: string) {
  const near = nearest(piece, tree.list(at))
  const hint = near === undefined ? undefined : `did you mean "${joinPath(at, near)}"?`
  return subdirError(`there is no ${folder} in the repository`, remote, hint)
}

function subdirError(message: string, remote: string, hint?: string): TsbuildError {
  return new TsbuildError('TSB_GIT_SUBDIR', `${message}: ${remote}`, {
    hint: hint ?? 'name a directory of the repository, from its root',
  })
}
