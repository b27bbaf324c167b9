import { type BigIntStats, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { isSystemError, TsbuildError } from '../errors.ts'
import { getXattr, splitDevice } from '../syscalls/index.ts'
import { changedWhileListed, unreadable } from './content.ts'
import type { Change, Content, Entry, FileIdentity, FileTree, HostStats, Metadata, Tree } from './entry.ts'
import { decodeName, encodeName } from './names.ts'
import { comparePaths } from './order.ts'
import { baseName, parentPath, rootPath, type TreePath } from './path.ts'
import { portableXattrs } from './xattrs.ts'

/** The attributes in which overlayfs keeps its marks: `user` when it was mounted with `userxattr`. */
export type OverlayMarks = 'trusted' | 'user'

export interface DirectoryOptions {
  /** `root`: everything is shown as owned by 0:0. Default: as it is. */
  readonly owners?: 'root' | 'kept'
  /** Default: those that a layer carries. `none` asks the system for nothing. */
  readonly xattrs?: 'none' | 'kept'
}

/**
 * A directory of this machine as a tree. A folder is listed, and a file looked at, when it is first asked for; the answer
 * stays the same from then on. Sockets are left out. Hard links show as files of their own.
 * @param root a real path: a file is read only where it lies below it without a link on the way
 * @throws {TsbuildError} from `get` and `list`: TSB_FILE_UNREADABLE; TSB_FILE_CHANGED; TSB_NO_DIRECTORY when the root is none
 */
export function treeOfDirectory(root: string, options: DirectoryOptions = {}): FileTree {
  const view = viewOf(root, (path, place, stats) => entryOf(path, place, stats, options))
  const { get, list, isDirectory } = view
  const tree = { get, list, ...(isDirectory && { isDirectory }) }
  return options.xattrs === 'none' ? { ...tree, stats: (path) => statsIn(view, path, options) } : tree
}

function statsIn(view: View<Entry>, path: TreePath, { owners }: DirectoryOptions): HostStats | undefined {
  const entry = view.known(path)
  if (entry?.kind === 'file' && entry.content.kind === 'host' && entry.content.identity) {
    const { kind, mode, uid, gid, size } = entry
    return { kind, mode, uid, gid, size, ...entry.content.identity }
  }
  const seen = view.look(path)
  if (!seen) return undefined
  const { dev, ino, mtimeNs, ctimeNs } = seen
  const mode = Number(seen.mode) & 0o7777
  const [uid, gid] = owners === 'root' ? [0, 0] : [Number(seen.uid), Number(seen.gid)]
  return { kind: kindOf(seen), mode, uid, gid, size: Number(seen.size), dev, ino, mtimeNs, ctimeNs }
}

function kindOf(stats: BigIntStats): HostStats['kind'] {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'special'
}

/** A directory that overlayfs used as its upper one: what the layer says, with whiteouts and opaque directories. */
export function treeOfUpper(root: string, marks: OverlayMarks): Tree {
  return viewOf<Change>(root, (path, place, stats) => {
    if (isWhiteout(stats)) return { kind: 'whiteout', path }
    const entry = entryOf(path, place, stats, {})
    if (entry?.kind !== 'directory' || !isOpaque(place, marks)) return entry
    return { ...entry, opaque: true }
  })
}

type Look<E> = (path: TreePath, place: string | Buffer, stats: BigIntStats) => E | undefined

interface View<E extends Change> extends Tree<E> {
  /** What is at a place; of what is no directory nothing is kept. */
  look(path: TreePath): BigIntStats | undefined
  /** What `get` gave before. */
  known(path: TreePath): E | undefined
}

function viewOf<E extends Change>(root: string, entryAt: Look<E>): View<E> {
  const directories = new Map<TreePath, BigIntStats>()
  const entries = new Map<TreePath, E | undefined>()
  const listings = new Map<TreePath, Listing>()
  const lookAt = (path: TreePath, place = encodeName(placeOf(root, path))): BigIntStats | undefined => {
    const seen = statsOf(place, path === rootPath)
    if (seen?.isDirectory()) directories.set(path, seen)
    else if (path === rootPath) throw noDirectory(root)
    return seen
  }
  /** The kernel would follow a link on the way, so every directory above is looked at first. */
  const look = (path: TreePath): BigIntStats | undefined => {
    const unknown: TreePath[] = []
    for (let at = path; !directories.has(at); at = parentPath(at)) {
      unknown.push(at)
      if (at === rootPath) break
    }
    let seen = directories.get(path)
    for (let at = unknown.pop(); at !== undefined; at = unknown.pop()) {
      if (at !== rootPath && !directories.has(parentPath(at))) return undefined
      seen = lookAt(at)
    }
    return seen
  }
  const get = (path: TreePath): E | undefined => {
    const known = entries.get(path)
    if (known !== undefined || entries.has(path)) return known
    const seen = look(path)
    const place = encodeName(placeOf(root, path))
    const entry = seen && orChanged(place, () => entryAt(path, place, seen))
    entries.set(path, entry)
    return entry
  }
  const listing = (path: TreePath): Listing => {
    const known = listings.get(path)
    if (known) return known
    const listed = look(path)?.isDirectory() ? listingOf(placeOf(root, path)) : nothing
    listings.set(path, listed)
    return listed
  }
  return {
    get,
    look,
    known: (path) => entries.get(path),
    list: (path) => listing(path).names,
    isDirectory: (path) =>
      path === rootPath ? undefined : listings.get(parentPath(path))?.directories?.has(baseName(path)),
  }
}

function placeOf(root: string, path: TreePath): string {
  return path === rootPath ? root : `${root === '/' ? '' : root}/${path}`
}

/** What is in a directory. */
interface Listing {
  /** In byte order. */
  readonly names: readonly string[]
  /** Those that are directories; absent when the file system does not tell. */
  readonly directories?: ReadonlySet<string>
}

const nothing: Listing = { names: [] }

function noDirectory(root: string): TsbuildError {
  return new TsbuildError('TSB_NO_DIRECTORY', `there is no directory at ${root}`)
}

/** Undefined when it is gone. The root alone may be a link. */
function statsOf(place: string | Buffer, isRoot: boolean): BigIntStats | undefined {
  try {
    const options = { bigint: true, throwIfNoEntry: false } as const
    return isRoot ? statSync(place, options) : lstatSync(place, options)
  } catch (error) {
    if (isSystemError(error, 'ENOTDIR')) return undefined
    throw isSystemError(error, 'EACCES', 'EPERM', 'ENAMETOOLONG') ? unreadable(decoded(place), error) : error
  }
}

/** What is at a place may become another thing, or go, between two looks at it. */
function orChanged<T>(place: string | Buffer, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (!isSystemError(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) throw error
    throw changedWhileListed(decoded(place), error)
  }
}

function listingOf(directory: string): Listing {
  const place = encodeName(directory)
  try {
    const names: string[] = []
    const directories = new Set<string>()
    for (const item of readdirSync(place, { withFileTypes: true })) {
      if (item.name.includes('\ufffd')) return { names: oddNamesIn(place).sort(comparePaths) }
      if (item.isSocket()) continue
      names.push(item.name)
      if (item.isDirectory()) directories.add(item.name)
    }
    sortNames(names)
    return { names, directories }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return nothing
    throw isSystemError(error, 'EACCES', 'EPERM', 'ENAMETOOLONG') ? unreadable(directory, error) : error
  }
}

/** In byte order, which for characters of one UTF-16 unit is that of the units. */
function sortNames(names: string[]): void {
  if (names.every((name) => oneUnitEach.test(name))) names.sort()
  else names.sort(comparePaths)
}

const oneUnitEach = /^[\0-\ud7ff]*$/

/** Node puts U+FFFD for bytes that are not UTF-8: then the names are read again as bytes. */
function oddNamesIn(place: string | Buffer): string[] {
  const found = readdirSync(place, { withFileTypes: true, encoding: 'buffer' }).filter((item) => !item.isSocket())
  return found.map((item) => decodeName(item.name))
}

function entryOf(
  path: TreePath,
  place: string | Buffer,
  stats: BigIntStats,
  { owners, xattrs }: DirectoryOptions,
): Entry | undefined {
  const attributes = xattrs === 'none' ? undefined : portableXattrs(place)
  const mode = Number(stats.mode) & 0o7777
  const uid = owners === 'root' ? 0 : Number(stats.uid)
  const gid = owners === 'root' ? 0 : Number(stats.gid)
  const mtime = wholeSeconds(stats)
  if (stats.isFile()) {
    const content = contentOf(place, stats)
    const file = { kind: 'file', path, size: Number(stats.size), content, mode, uid, gid, mtime } as const
    return attributes ? { ...file, xattrs: attributes } : file
  }
  const metadata: Metadata = { mode, uid, gid, mtime, ...(attributes && { xattrs: attributes }) }
  if (stats.isDirectory()) return { kind: 'directory', path, ...metadata }
  if (stats.isSymbolicLink()) return { kind: 'symlink', path, target: targetOf(place), ...metadata }
  if (stats.isFIFO()) return { kind: 'fifo', path, ...metadata }
  if (stats.isSocket()) return undefined
  return { kind: stats.isBlockDevice() ? 'block' : 'character', path, ...splitDevice(stats.rdev), ...metadata }
}

/** Rounded down, also before 1970. */
function wholeSeconds({ mtimeNs, mtimeMs }: BigIntStats): number {
  if (mtimeNs >= 0n) return Math.floor(Number(mtimeMs) / 1000)
  const second = 1_000_000_000n
  return Number((mtimeNs - (((mtimeNs % second) + second) % second)) / second)
}

function contentOf(place: string | Buffer, { dev, ino, mtimeNs, ctimeNs }: BigIntStats): Content {
  const identity: FileIdentity = { dev, ino, mtimeNs, ctimeNs }
  return { kind: 'host', path: decoded(place), offset: 0, identity }
}

function targetOf(place: string | Buffer): string {
  const target = readlinkSync(place)
  return target.includes('\ufffd') ? decodeName(readlinkSync(place, { encoding: 'buffer' })) : target
}

function decoded(place: string | Buffer): string {
  return typeof place === 'string' ? place : decodeName(place)
}

function isWhiteout(stats: BigIntStats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0n
}

function isOpaque(place: string | Buffer, marks: OverlayMarks): boolean {
  const mark = getXattr(place, `${marks}.overlay.opaque`)
  return mark !== undefined && Buffer.from(mark).toString() === 'y'
}
