import { lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import { impliedDirectory } from '../entries.ts'
import type { Entry, Metadata } from '../entry.ts'
import { decodeName, encodeName, nameBytes } from '../names.ts'
import { baseName, joinPath, parentPath, rootPath, type TreePath, treePath } from '../path.ts'
import { resolvePath } from '../resolve.ts'
import { archiveError, quoted } from '../tar/archive-error.ts'
import type { ArchiveLimits } from '../tar/limits.ts'
import { removeBelow } from './remove.ts'

/** How a directory is to be when all is in it. */
export interface PendingDirectory {
  readonly metadata?: Metadata
  readonly opaque?: true
}

/**
 * A host directory that is written into as if it were `/`: no link in it leads out of it. Nobody else writes to it.
 * Paths it gives back are places without links on the way.
 */
export interface Site {
  /** What members of this archive made or described, and the directories above; nothing when nobody asked to note it. */
  readonly made: ReadonlySet<TreePath>
  /** In the order in which they came up; a parent before what is in it. */
  readonly directories: Map<TreePath, PendingDirectory>
  /** Where a path is, its last piece not followed. Missing directories on the way are made. */
  place(path: TreePath): TreePath
  /** As `place`; undefined when a directory on the way is missing. */
  find(path: TreePath): TreePath | undefined
  /** Where the directory is that a path leads to, its last piece followed. Made where it is missing. */
  directory(path: TreePath): TreePath
  stats(path: TreePath): Stats | undefined
  host(path: TreePath): string | Buffer
  noteMade(path: TreePath): void
  /** Makes a directory, for now for us alone. */
  makeDirectory(path: TreePath, pending: PendingDirectory): void
  addPending(path: TreePath, pending: PendingDirectory): void
  remove(path: TreePath): void
}

export function openSite(
  root: string,
  limits: Pick<ArchiveLimits, 'pathDepth' | 'linkSteps'>,
  note: 'made' | 'nothing',
): Site {
  const prefixLength = Buffer.byteLength(root) + 1
  const host = (path: TreePath) => encodeName(path === rootPath ? root : `${root}/${path}`)
  const stats = (path: TreePath) => statsAt(host(path))
  /** Parents that are known to be directories without links on the way; forgotten when anything is removed. */
  const parents = new Map<TreePath, TreePath>()

  const seen = { get: (path: TreePath) => seenAt(path, stats(path), host), list: () => [], linkSteps: limits.linkSteps }
  /** Each piece is looked at before what is below it: the kernel would follow a link on the way. */
  const follow = (path: TreePath, missing: 'make' | 'stop'): TreePath | undefined => {
    const end = resolvePath(seen, path, { followLast: true }).path
    if (end.split('/').length > limits.pathDepth) throw tooDeep(end)
    for (let length = end.indexOf('/'); end !== rootPath; length = end.indexOf('/', length + 1)) {
      const piece = treePath(length < 0 ? end : end.slice(0, length))
      if (!stats(piece)?.isDirectory()) {
        if (missing === 'stop') return undefined
        makeImplied(piece)
      }
      if (length < 0) break
    }
    return end
  }
  const makeImplied = (path: TreePath) => {
    const found = stats(path)
    if (found && !isWhiteout(found)) throw archiveError('TSB_ARCHIVE_NAME', `${quoted(path)} is not a directory`)
    if (found) site.remove(path)
    site.makeDirectory(path, { metadata: impliedDirectory(path), ...(found && { opaque: true }) })
  }
  const parentOf = (path: TreePath, missing: 'make' | 'stop'): TreePath | undefined => {
    const parent = parentPath(path)
    const known = parents.get(parent) ?? follow(parent, missing)
    if (parents.size > manyParents) parents.clear()
    if (known !== undefined) parents.set(parent, known)
    return known
  }
  const find = (path: TreePath, missing: 'make' | 'stop') => {
    if (path === rootPath) return rootPath
    const parent = parentOf(path, missing)
    return parent === undefined ? undefined : joinPath(parent, baseName(path))
  }

  const made = new Set<TreePath>()
  const directories = new Map<TreePath, PendingDirectory>()
  const site: Site = {
    made,
    directories,
    place: (path) => find(path, 'make') ?? rootPath,
    find: (path) => find(path, 'stop'),
    directory: (path) => follow(path, 'make') ?? rootPath,
    stats,
    host,
    noteMade(path) {
      if (note === 'nothing') return
      for (let at = path; !made.has(at); at = parentPath(at)) made.add(at)
    },
    makeDirectory(path, pending) {
      mkdirSync(host(path), 0o700)
      site.noteMade(path)
      directories.set(path, pending)
    },
    addPending(path, pending) {
      site.noteMade(path)
      directories.set(path, { ...directories.get(path), ...pending })
    },
    remove(path) {
      parents.clear()
      removeBelow(nameBytes(`${root}/${path}`), (place) => {
        const gone = treePath(decodeName(place.subarray(prefixLength)))
        made.delete(gone)
        directories.delete(gone)
      })
    },
  }
  return site
}

/** True for the 0/0 character device by which overlayfs says that something is gone. */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0
}

const manyParents = 10_000

/** Nothing is there below a file either. */
function statsAt(place: string | Buffer): Stats | undefined {
  try {
    return lstatSync(place, { throwIfNoEntry: false })
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return undefined
    throw error
  }
}

/** What resolving a path looks at: the kind, and the text of a link. */
function seenAt(path: TreePath, found: Stats | undefined, host: Site['host']): Entry | undefined {
  const nothing = { mode: 0, uid: 0, gid: 0, mtime: 0 }
  if (!found || isWhiteout(found)) return undefined
  if (found.isDirectory()) return impliedDirectory(path)
  if (!found.isSymbolicLink()) return { kind: 'fifo', path, ...nothing }
  return { kind: 'symlink', path, target: decodeName(readlinkSync(host(path), { encoding: 'buffer' })), ...nothing }
}

function tooDeep(path: TreePath): Error {
  return archiveError('TSB_ARCHIVE_DEPTH', `links lead too deep: ${quoted(path)}`)
}
