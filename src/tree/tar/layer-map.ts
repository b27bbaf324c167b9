import { impliedDirectory, treeOfEntries } from '../entries.ts'
import type { Change, Entry, FileEntry, HardlinkEntry, SymlinkEntry, Tree } from '../entry.ts'
import { comparePaths } from '../order.ts'
import { absolutePath, baseName, joinPath, parentPath, rootPath, type TreePath } from '../path.ts'
import { resolvePath } from '../resolve.ts'
import { archiveError, quoted } from './archive-error.ts'
import type { OpaqueMark } from './member.ts'

/**
 * What the members of a layer come to, one after the other, in memory: parents are followed inside the layer, later
 * entries replace earlier ones, marks and new entries go together. The same rules as unpacking has.
 */
export interface LayerMap {
  /** @throws {TsbuildError} TSB_ARCHIVE_LINK, TSB_ARCHIVE_NAME, TSB_PATH_LOOP */
  add(change: Change | OpaqueMark): void
  tree(): Tree
}

/** What is at one or, for a file with hard links, more paths. The path in it means nothing. */
interface Place {
  change: Change
}

export function layerMap(linkSteps: number): LayerMap {
  const places = new Map<TreePath, Place>([[rootPath, { change: impliedDirectory(rootPath) }]])
  const children = new Map<TreePath, Set<string>>()
  const looking = { get: (path: TreePath) => entryAt(places, path), list: () => [], linkSteps }

  const remove = (path: TreePath) => {
    const waiting = [path]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const directory = at
      waiting.push(...[...(children.get(at) ?? [])].map((name) => joinPath(directory, name)))
      children.delete(at)
      places.delete(at)
    }
  }
  const put = (path: TreePath, place: Place) => {
    const before = places.get(path)
    if (before && !(before.change.kind === 'directory' && place.change.kind === 'directory')) remove(path)
    const directory = place.change.kind === 'directory' ? place.change : undefined
    const isFresh = before !== undefined && (before.change.kind !== 'directory' || before.change.opaque === true)
    places.set(path, directory && isFresh ? { change: { ...directory, opaque: true } } : place)
    if (path === rootPath) return
    const siblings = children.get(parentPath(path)) ?? new Set()
    children.set(parentPath(path), siblings.add(baseName(path)))
  }
  /** Where a directory is, links followed; made where it is missing. */
  const directoryAt = (path: TreePath): TreePath => {
    const { path: end } = resolvePath(looking, path, { followLast: true })
    const missing: TreePath[] = []
    for (let at = end; at !== rootPath && places.get(at)?.change.kind !== 'directory'; at = parentPath(at)) {
      const found = places.get(at)
      if (found && found.change.kind !== 'whiteout') {
        throw archiveError('TSB_ARCHIVE_NAME', `${quoted(at)} is not a directory`)
      }
      missing.push(at)
    }
    for (const at of missing.reverse()) put(at, { change: impliedDirectory(at) })
    return end
  }
  const placeOf = (path: TreePath) =>
    path === rootPath ? rootPath : joinPath(directoryAt(parentPath(path)), baseName(path))

  return {
    add(change) {
      if (change.kind === 'opaque') makeOpaque(places, directoryAt(change.path))
      else if (change.kind === 'whiteout') addWhiteout(places, put, placeOf(change.path))
      else if (change.kind === 'hardlink') addLink(places, put, change, placeOf(change.path), placeOf(change.target))
      else put(placeOf(change.path), { change })
    },
    tree: () => treeOfEntries(namedChanges(places)),
  }
}

type Put = (path: TreePath, place: Place) => void

function entryAt(places: ReadonlyMap<TreePath, Place>, path: TreePath): Entry | undefined {
  const change = places.get(path)?.change
  return change?.kind === 'whiteout' ? undefined : change
}

function makeOpaque(places: ReadonlyMap<TreePath, Place>, path: TreePath): void {
  const place = places.get(path)
  if (place?.change.kind === 'directory') place.change = { ...place.change, opaque: true }
}

/** A mark hides what lower layers have, not what this one put there. */
function addWhiteout(places: ReadonlyMap<TreePath, Place>, put: Put, path: TreePath): void {
  if (places.has(path)) makeOpaque(places, path)
  else put(path, { change: { kind: 'whiteout', path } })
}

function addLink(
  places: ReadonlyMap<TreePath, Place>,
  put: Put,
  link: HardlinkEntry,
  path: TreePath,
  target: TreePath,
): void {
  const found = places.get(target)
  if (found?.change.kind !== 'file' && found?.change.kind !== 'symlink') throw noTarget(link)
  found.change = found.change.kind === 'file' ? withMetadataOf(found.change, link) : found.change
  if (path !== target) put(path, found.change.kind === 'file' ? found : { change: found.change })
}

/** All names of a file share its metadata: what the archive says last counts. */
function withMetadataOf(file: FileEntry, { mode, uid, gid, mtime, xattrs }: HardlinkEntry): FileEntry {
  return { ...file, mode, uid, gid, mtime, ...(xattrs && { xattrs }) }
}

/** The first name in path order is the file, the others are links to it. */
function* namedChanges(places: ReadonlyMap<TreePath, Place>): Generator<Change, void, undefined> {
  const names = new Map<Place, TreePath>()
  for (const [path, place] of [...places].sort(([a], [b]) => comparePaths(a, b))) {
    const first = names.get(place)
    if (place.change.kind === 'file' && first !== undefined) yield linkTo(first, path, place.change)
    else yield { ...place.change, path } as Exclude<Change, SymlinkEntry> | SymlinkEntry
    names.set(place, first ?? path)
  }
}

function linkTo(target: TreePath, path: TreePath, { mode, uid, gid, mtime, xattrs }: FileEntry): HardlinkEntry {
  return { kind: 'hardlink', path, target, mode, uid, gid, mtime, ...(xattrs && { xattrs }) }
}

function noTarget(link: HardlinkEntry): Error {
  const message = `the hard link ${absolutePath(link.path)} leads to ${absolutePath(link.target)}, which is no file of the tree`
  return archiveError('TSB_ARCHIVE_LINK', message)
}
