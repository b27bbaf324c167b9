import { TsbuildError } from '../errors.ts'
import type { Change, Entry, FileEntry, FileTree, HardlinkEntry } from './entry.ts'
import { furtherNames } from './further-names.ts'
import { comparePaths } from './order.ts'
import { joinPath, rootPath, type TreePath } from './path.ts'

/**
 * A file tree with changes on top of one that stays as it is: what COPY and WORKDIR write into before there is a layer.
 * Looking at it shows the merged view; `changes` gives what the new layer says.
 */
export interface TreeEditor extends FileTree {
  /**
   * Puts an entry in place of what is at its path. Its parent directory exists. A directory keeps what is in it; further
   * names that a file got here keep its bytes.
   */
  put(entry: Entry): void
  /** Puts an entry with other metadata for the same bytes: further names stay names of it. */
  amend(entry: Entry): void
  /** Takes away what is at a path, and all below it. */
  remove(path: TreePath): void
  /**
   * The layer: what was put, whiteouts for what is gone, and the unchanged directories above each, so that a reader who
   * knows only this layer does not make them up. Parents first, siblings in byte order.
   */
  changes(): readonly Change[]
}

/** A place that was touched, or has such a place below it. */
interface EditNode {
  /** `through`: unchanged itself. */
  state: 'through' | 'put' | 'gone'
  entry: Entry | undefined
  /** What the tree below has under this path does not show any more. */
  covers: boolean
  readonly children: Map<string, EditNode>
}

/** Starts with no change on `below`. */
export function editTree(below: FileTree): TreeEditor {
  const root = newNode()
  const links = furtherNames()
  const get = (path: TreePath): Entry | undefined => {
    const { node, covered } = find(root, path)
    if (node && node.state !== 'through') return node.entry
    return covered ? undefined : below.get(path)
  }
  const amend = (entry: Entry): void => {
    const merges = entry.kind === 'directory' && get(entry.path)?.kind === 'directory'
    const node = touch(root, entry.path)
    if (!merges) clear(node, below, entry.path)
    node.state = 'put'
    node.entry = entry
  }
  return {
    get,
    list: (path) => listNames(find(root, path), below, path),
    amend,
    put(entry) {
      if (entry.kind !== 'directory' || get(entry.path)?.kind !== 'directory') {
        for (const heir of links.release(entry.path, get)) amend(heir)
      }
      amend(entry)
      links.add(entry)
    },
    remove(path) {
      if (!get(path)) return
      for (const heir of links.release(path, get)) amend(heir)
      const node = touch(root, path)
      clear(node, below, path)
      node.state = 'gone'
      node.entry = undefined
    },
    changes: () => linksAfterFiles(collect(root, below), get),
  }
}

function newNode(): EditNode {
  return { state: 'through', entry: undefined, covers: false, children: new Map() }
}

/** The node of a path if there is one, and whether a node above hides what lies below. */
function find(root: EditNode, path: TreePath): { readonly node: EditNode | undefined; readonly covered: boolean } {
  let node: EditNode | undefined = root
  let covered = false
  for (const piece of pieces(path)) {
    if (!node) break
    covered ||= node.covers || (node.state === 'put' && node.entry?.kind !== 'directory')
    node = node.children.get(piece)
  }
  return { node, covered }
}

/** The node of a path, made with all nodes above it when missing. */
function touch(root: EditNode, path: TreePath): EditNode {
  let node = root
  for (const piece of pieces(path)) {
    const child = node.children.get(piece) ?? newNode()
    node.children.set(piece, child)
    node = child
  }
  return node
}

function clear(node: EditNode, below: FileTree, path: TreePath): void {
  node.children.clear()
  node.covers ||= below.get(path) !== undefined
}

function listNames(
  { node, covered }: { readonly node: EditNode | undefined; readonly covered: boolean },
  below: FileTree,
  path: TreePath,
): readonly string[] {
  const shown = covered || node?.covers ? [] : below.list(path)
  if (!node || node.children.size === 0) return shown
  const names = new Set(shown)
  for (const [name, child] of node.children) {
    if (child.state === 'gone') names.delete(name)
    else if (child.state === 'put') names.add(name)
  }
  return [...names].sort(comparePaths)
}

function collect(root: EditNode, below: FileTree): readonly Change[] {
  const changes: Change[] = []
  const waiting: { path: TreePath; node: EditNode }[] = [{ path: rootPath, node: root }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const change = changeOf(next.node, below, next.path)
    if (change) changes.push(change)
    const { path } = next
    for (const [name, node] of [...next.node.children].sort(([a], [b]) => comparePaths(b, a))) {
      waiting.push({ path: joinPath(path, name), node })
    }
  }
  return changes
}

function changeOf(node: EditNode, below: FileTree, path: TreePath): Change | undefined {
  if (node.state === 'through') return path === rootPath ? undefined : below.get(path)
  const lower = below.get(path)
  if (!node.entry) return lower && { kind: 'whiteout', path }
  const hides = node.covers && node.entry.kind === 'directory' && lower?.kind === 'directory'
  return hides && node.entry.kind === 'directory' ? { ...node.entry, opaque: true } : node.entry
}

/** A file and its further names: the name that comes first in the layer has the bytes, whichever was put first. */
function linksAfterFiles(changes: readonly Change[], get: (path: TreePath) => Entry | undefined): readonly Change[] {
  const firstNames = new Map<TreePath, TreePath>()
  return changes.map((change) => {
    if (change.kind !== 'file' && change.kind !== 'hardlink') return change
    const file = change.kind === 'file' ? change : fileOf(change, get)
    const first = firstNames.get(file.path)
    if (first !== undefined) return { ...file, kind: 'hardlink', path: change.path, target: first }
    firstNames.set(file.path, change.path)
    return { ...file, path: change.path }
  })
}

function fileOf(link: HardlinkEntry, get: (path: TreePath) => Entry | undefined): FileEntry {
  const target = get(link.target)
  if (target?.kind === 'hardlink' && target.target !== link.target) return fileOf(target, get)
  if (target?.kind === 'file') return target
  throw new TsbuildError('TSB_ARCHIVE_LINK', `hard link ${link.path}: there is no file ${link.target}`)
}

function pieces(path: TreePath): readonly string[] {
  return path === rootPath ? [] : path.split('/')
}
