import { lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs'
import { TsbuildError } from '../../errors.ts'
import { impliedDirectory } from '../entries.ts'
import type { Metadata } from '../entry.ts'
import { decodeName, encodeName, nameBytes } from '../names.ts'
import { absolutePath, baseName, joinPath, parentPath, rootPath, type TreePath, treePath } from '../path.ts'
import { archiveError, quoted } from '../tar/archive-error.ts'
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

export function openSite(root: string, limits: { readonly pathDepth: number }, note: 'made' | 'nothing'): Site {
  const prefixLength = Buffer.byteLength(root) + 1
  const host = (path: TreePath) => encodeName(path === rootPath ? root : `${root}/${path}`)
  const stats = (path: TreePath) => lstatSync(host(path), { throwIfNoEntry: false })
  /** Parents that are known to be directories without links on the way; forgotten when anything is removed. */
  const parents = new Map<TreePath, TreePath>()

  const follow = (path: TreePath, missing: 'make' | 'stop'): TreePath | undefined => {
    const ahead = pieces(path)
    let at = rootPath
    for (let links = 0, piece = ahead.pop(); piece !== undefined; piece = ahead.pop()) {
      if (piece === '' || piece === '.') continue
      if (piece === '..') {
        at = parentPath(at)
        continue
      }
      const next = joinPath(at, piece)
      const found = stats(next)
      if (found?.isSymbolicLink()) {
        if (++links > linkLimit) throw loopError(path)
        const target = readLink(host(next))
        if (target.startsWith('/')) at = rootPath
        ahead.push(...target.split('/').reverse())
        continue
      }
      if (!found?.isDirectory()) {
        if (missing === 'stop') return undefined
        makeImplied(next, found)
      }
      at = next
    }
    return at
  }
  const makeImplied = (path: TreePath, found: Stats | undefined) => {
    if (found && !isWhiteout(found)) throw archiveError('TSB_ARCHIVE_NAME', `${quoted(path)} is not a directory`)
    if (path.split('/').length > limits.pathDepth)
      throw archiveError('TSB_ARCHIVE_DEPTH', `links lead too deep: ${quoted(path)}`)
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

const linkLimit = 255
const manyParents = 10_000

function pieces(path: TreePath): string[] {
  return path === rootPath ? [] : path.split('/').reverse()
}

function readLink(place: string | Buffer): string {
  return decodeName(readlinkSync(place, { encoding: 'buffer' }))
}

function loopError(path: TreePath): TsbuildError {
  return new TsbuildError('TSB_PATH_LOOP', `too many symbolic links on the way to ${absolutePath(path)}`, {
    hint: 'look for links that lead to each other',
  })
}
