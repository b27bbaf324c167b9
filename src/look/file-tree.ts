import {
  type Change,
  comparePaths,
  type Entry,
  type FileTree,
  joinPath,
  rootPath,
  type Tree,
  type TreePath,
} from '../tree/index.ts'
import { type FileFacts, factsOf } from './facts.ts'
import { inPieces, pieceLength } from './in-pieces.ts'

/**
 * What a layer did to a path. `written`: it has it, and what was there before is not known, because a layer below is not
 * here.
 */
export type Mark = 'added' | 'changed' | 'removed' | 'written'

/** A file or directory of a view. */
export interface FileNode {
  /** The last piece of its path; '' for the root. */
  readonly name: string
  readonly mark?: Mark
  /** What is there, or was; absent for what was removed and is not known. */
  readonly facts?: FileFacts
  /** Bytes: of a directory all below it, without what was removed. */
  readonly size: number
  /** Of a directory, in byte order. */
  readonly children?: readonly FileNode[]
}

export interface FileTreeView {
  readonly layer: Tree
  /** The files of all layers below; undefined when they are not known. */
  readonly below: FileTree | undefined
  /** `layer`: what the layer says. `image`: all files there are with it, and what it took away. */
  readonly show: 'layer' | 'image'
}

/** The files of a layer, or of an image up to it, with what the layer did to each. */
export function fileTree(view: FileTreeView, signal?: AbortSignal): Promise<FileNode> {
  const progress = { count: 0 }
  const root: Pair = { path: rootPath, name: '', old: view.below?.get(rootPath), now: view.layer.get(rootPath) }
  return inPieces(nodeOf(root, view, 'seen', progress), signal)
}

interface Pair {
  readonly path: TreePath
  readonly name: string
  readonly old: Entry | undefined
  readonly now: Change | undefined
}

/** Whether what was below is still seen at a place. */
type Below = 'seen' | 'hidden'

function* nodeOf(
  pair: Pair,
  view: FileTreeView,
  below: Below,
  progress: { count: number },
): Generator<void, FileNode, undefined> {
  if (++progress.count % pieceLength === 0) yield
  const { path, name, old, now } = pair
  const entry = now === undefined || now.kind === 'whiteout' ? undefined : now
  const shown = entry ?? old
  const hides = below === 'hidden' || (now !== undefined && (now.kind !== 'directory' || now.opaque === true))
  const isGone = entry === undefined && hides
  const base = { name, ...(shown && { facts: factsOf(said(shown, old)) }) }
  if (shown?.kind !== 'directory') {
    const mark = isGone ? 'removed' : markOf(entry, old, view)
    return { ...base, ...(mark && { mark }), size: base.facts?.size ?? 0 }
  }
  const children: FileNode[] = []
  for (const child of childrenOf(path, shown, old, hides, view)) {
    children.push(yield* nodeOf(child, view, hides ? 'hidden' : 'seen', progress))
  }
  const mark = isGone ? 'removed' : directoryMark(entry, old, children, view)
  const size = children.reduce((sum, child) => sum + (isGone || child.mark !== 'removed' ? child.size : 0), 0)
  return { ...base, ...(mark && { mark }), size, children }
}

function* childrenOf(
  path: TreePath,
  shown: Entry,
  old: Entry | undefined,
  hides: boolean,
  { layer, below, show }: FileTreeView,
): Generator<Pair, void, undefined> {
  const own = layer.list(path)
  const before = below && old?.kind === 'directory' && (show === 'image' || hides) ? below.list(path) : []
  const names =
    before.length === 0 ? own : own.length === 0 ? before : [...new Set([...own, ...before])].sort(comparePaths)
  if (shown.kind !== 'directory') return
  for (const name of names) {
    const child = joinPath(path, name)
    const [was, now] = [below?.get(child), layer.get(child)]
    if (was !== undefined || now !== undefined) yield { path: child, name, old: was, now }
  }
}

function markOf(entry: Entry | undefined, old: Entry | undefined, { below }: FileTreeView): Mark | undefined {
  if (entry === undefined) return undefined
  if (!below) return 'written'
  return old === undefined ? 'added' : 'changed'
}

/** A directory that only leads to what a layer has is changed when something in it did. */
function directoryMark(
  entry: Entry | undefined,
  old: Entry | undefined,
  children: readonly FileNode[],
  view: FileTreeView,
): Mark | undefined {
  if (entry === undefined) return undefined
  if (!view.below) return 'written'
  if (old === undefined) return 'added'
  if (old.kind !== 'directory' || children.some(({ mark }) => mark !== undefined)) return 'changed'
  return sameDirectory(entry, old) ? undefined : 'changed'
}

function sameDirectory(a: Entry, b: Entry): boolean {
  if (a.kind === 'directory' && a.implied) return true
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid
}

/** Nobody said anything of an implied directory: what lower layers say counts. */
function said(shown: Entry, old: Entry | undefined): Entry {
  return shown.kind === 'directory' && shown.implied && old?.kind === 'directory' ? old : shown
}
