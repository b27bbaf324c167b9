import {
  absolutePath,
  type Change,
  comparePaths,
  type Entry,
  type FileEntry,
  type FileTree,
  joinPath,
  overlay,
  rootPath,
  type Tree,
  type TreePath,
} from '../tree/index.ts'
import { hidesBelow } from './blame.ts'
import { type FileFacts, factsOf } from './facts.ts'
import { inPieces, pieceLength } from './in-pieces.ts'

/** A layer of one of two images. */
export interface ComparedLayer {
  /** undefined: it is equal in both, and was not read. */
  readonly tree: Tree | undefined
  /** The other image has it too. */
  readonly isShared: boolean
}

export type Difference = 'kind' | 'content' | 'target' | 'mode' | 'owner' | 'xattrs' | 'device' | 'time'

/** A path that two images do not have in common. */
export interface FileDifference {
  readonly path: string
  /**
   * `written`: one image has a layer of its own that writes or removes it, and what the other has is in an equal layer that
   * was not read: the same thing, another, or nothing.
   */
  readonly kind: 'added' | 'removed' | 'changed' | 'written'
  readonly before?: FileFacts
  readonly after?: FileFacts
  /** Of a changed one, what of it. */
  readonly what: readonly Difference[]
}

export interface ComparedFiles {
  /** In the order of a walk. */
  readonly files: readonly FileDifference[]
  /** Files that differ in their time alone, which are not among them. */
  readonly onlyTimes: number
}

/**
 * What two images show differently. What no layer of their own speaks of is not looked at.
 * @param before layers of one image, lowest first; shared ones are in the same order in both
 * @param times list what differs in its time alone, too
 */
export function compareFiles(
  before: readonly ComparedLayer[],
  after: readonly ComparedLayer[],
  times: boolean,
  signal?: AbortSignal,
): Promise<ComparedFiles> {
  const [a, b] = [sideOf(before), sideOf(after)]
  return inPieces(differences(a, b, times), signal)
}

interface Side {
  readonly files: FileTree
  /** Layers that the other image does not have. */
  readonly own: readonly Tree[]
  /** Some layers were not read. */
  readonly isPartial: boolean
}

function sideOf(layers: readonly ComparedLayer[]): Side {
  return {
    files: overlay(layers.flatMap(({ tree }) => tree ?? [])),
    own: layers.flatMap(({ tree, isShared }) => (isShared || !tree ? [] : [tree])),
    isPartial: layers.some(({ tree }) => !tree),
  }
}

function* differences(a: Side, b: Side, times: boolean): Generator<void, ComparedFiles, undefined> {
  const files: FileDifference[] = []
  let [count, onlyTimes] = [0, 0]
  const open: Level[] = [levelOf(rootPath, a, b, false)]
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const name = top.names[top.next++]
    if (name === undefined) {
      open.pop()
      continue
    }
    const path = joinPath(top.path, name)
    const said = [...saidOf(path, a), ...saidOf(path, b)]
    if (said.length === 0 && !top.isUnlike) continue
    if (++count % pieceLength === 0) yield
    const [old, now] = [a.files.get(path), b.files.get(path)]
    const found = difference(path, old, now, a, b)
    if (found && (times || found.what.join() !== 'time')) files.push(found)
    else if (found) onlyTimes++
    const isUnlike = top.isUnlike || said.some(hidesBelow)
    if (old?.kind === 'directory' || now?.kind === 'directory') open.push(levelOf(path, a, b, isUnlike))
  }
  return { files, onlyTimes }
}

interface Level {
  readonly path: TreePath
  /** What shared layers have below may be seen in one image alone. */
  readonly isUnlike: boolean
  readonly names: readonly string[]
  next: number
}

function levelOf(path: TreePath, a: Side, b: Side, isUnlike: boolean): Level {
  const names = isUnlike
    ? [a.files, b.files].flatMap((tree) => tree.list(path))
    : [...a.own, ...b.own].flatMap((tree) => tree.list(path))
  return { path, isUnlike, names: [...new Set(names)].sort(comparePaths), next: 0 }
}

function saidOf(path: TreePath, { own }: Side): readonly Change[] {
  return own.flatMap((tree) => tree.get(path) ?? [])
}

function difference(
  path: TreePath,
  old: Entry | undefined,
  now: Entry | undefined,
  a: Side,
  b: Side,
): FileDifference | undefined {
  if (old && now) {
    if (isOnlyImplied(old, a) || isOnlyImplied(now, b)) return undefined
    const what = differenceOf(old, now, a, b)
    return what.length === 0 ? undefined : { ...named(path, old, now), kind: 'changed', what }
  }
  if (!old && !now) return neither(path, a, b)
  const [side, entry] = old ? [b, old] : [a, now]
  if (side.isPartial && !isRemoved(path, side)) {
    return entry?.kind === 'directory' ? undefined : { ...named(path, old, now), kind: 'written', what: [] }
  }
  return { ...named(path, old, now), kind: old ? 'removed' : 'added', what: [] }
}

/** Removed from something that was not read. */
function neither(path: TreePath, a: Side, b: Side): FileDifference | undefined {
  if (!a.isPartial) return undefined
  const [goneInA, goneInB] = [isRemoved(path, a), isRemoved(path, b)]
  if (goneInA === goneInB) return undefined
  return { path: absolutePath(path), kind: goneInA ? 'added' : 'removed', what: [] }
}

/** Of what was not read, a directory that leads to a file is all that is known. */
function isOnlyImplied(entry: Entry, { isPartial, own }: Side): boolean {
  if (!isPartial || entry.kind !== 'directory') return false
  return !own.some((tree) => {
    const change = tree.get(entry.path)
    return change?.kind === 'directory' && !change.implied
  })
}

function isRemoved(path: TreePath, side: Side): boolean {
  return saidOf(path, side).at(-1)?.kind === 'whiteout'
}

function named(path: TreePath, old: Entry | undefined, now: Entry | undefined) {
  return {
    path: absolutePath(path),
    ...(old && { before: factsOf(old) }),
    ...(now && { after: factsOf(now) }),
  }
}

function differenceOf(old: Entry, now: Entry, a: Side, b: Side): readonly Difference[] {
  const [left, right] = [fileOf(old, a), fileOf(now, b)]
  if (left.kind !== right.kind) return ['kind']
  const found: Difference[] = []
  if (left.kind === 'file' && right.kind === 'file' && !hasSameBytes(left, right)) found.push('content')
  if ('target' in left && 'target' in right && left.target !== right.target) found.push('target')
  if ('major' in left && 'major' in right && !(left.major === right.major && left.minor === right.minor)) {
    found.push('device')
  }
  if (left.mode !== right.mode && left.kind !== 'symlink') found.push('mode')
  if (left.uid !== right.uid || left.gid !== right.gid) found.push('owner')
  if (xattrsOf(left) !== xattrsOf(right)) found.push('xattrs')
  if (left.mtime !== right.mtime && left.kind !== 'directory') found.push('time')
  return found
}

/** A further name of a file is a file with its bytes. */
function fileOf(entry: Entry, { files }: Side): Entry {
  return entry.kind === 'hardlink' ? (files.get(entry.target) ?? entry) : entry
}

/** The index of a layer has the digests of all its files. */
function hasSameBytes(a: FileEntry, b: FileEntry): boolean {
  if (a.size !== b.size) return false
  if (a.digest !== undefined && b.digest !== undefined) return a.digest === b.digest
  if (a.content.kind !== 'bytes' || b.content.kind !== 'bytes') throw new Error(`no digest of ${a.path}`)
  return Buffer.compare(a.content.bytes, b.content.bytes) === 0
}

function xattrsOf({ xattrs }: Entry): string {
  return [...(xattrs ?? [])]
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .sort()
    .join()
}
