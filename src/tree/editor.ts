import { TsbuildError } from '../errors.ts'
import type { Change, Entry, FileEntry, FileTree, HardlinkEntry } from './entry.ts'
import { furtherNames } from './further-names.ts'
import { comparePaths, inOrder } from './order.ts'
import { baseName, isWithin, joinPath, parentPath, rootPath, type TreePath } from './path.ts'

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
  /** Absent until there is one: most nodes are files. */
  children: Map<string, EditNode> | undefined
}

/** Starts with no change on `below`. */
export function editTree(below: FileTree): TreeEditor {
  const root = newNode()
  const links = furtherNames()
  const places = openPlaces(root, below)
  const get = (path: TreePath): Entry | undefined => {
    const { node, covered } = places.find(path)
    if (node && node.state !== 'through') return node.entry
    return covered ? undefined : below.get(path)
  }
  const amend = (entry: Entry): void => {
    const merges = entry.kind === 'directory' && get(entry.path)?.kind === 'directory'
    const node = places.touch(entry.path)
    if (!merges) places.clear(node, entry.path)
    node.state = 'put'
    node.entry = entry
  }
  return {
    get,
    list: (path) => listNames(places.find(path), below, path),
    linkSteps: below.linkSteps,
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
      const node = places.touch(path)
      places.clear(node, path)
      node.state = 'gone'
      node.entry = undefined
    },
    changes: () => linksAfterFiles(collect(root, below), get),
  }
}

function newNode(): EditNode {
  return { state: 'through', entry: undefined, covers: false, children: undefined }
}

interface Found {
  readonly node: EditNode | undefined
  /** What the tree below has at the path does not show, or it has nothing there. */
  readonly covered: boolean
}

/** What a path that may be a directory means for what is in it. */
interface Above {
  readonly path: TreePath
  readonly node: EditNode | undefined
  /** A node hides what the tree below has in it. */
  readonly hides: boolean
  /** The tree below has no directory there. */
  readonly isFresh: boolean
}

/** Finds the nodes of paths. Many of one directory follow each other, so the last directory is remembered. */
function openPlaces(root: EditNode, below: FileTree) {
  let last: Above | undefined
  const above = (directory: TreePath): Above => {
    if (last?.path === directory) return last
    const { node, hides } = descend(root, directory)
    last = { path: directory, node, hides, isFresh: below.get(directory)?.kind !== 'directory' }
    return last
  }
  return {
    find(path: TreePath): Found {
      if (path === rootPath) return { node: root, covered: false }
      const { node, hides, isFresh } = above(parentPath(path))
      return { node: node?.children?.get(baseName(path)), covered: hides || isFresh }
    },
    /** The node of a path that is about to change, made with all nodes above it when missing. */
    touch(path: TreePath): EditNode {
      if (last && (last.node === undefined || isWithin(path, last.path))) last = undefined
      if (path === rootPath) return root
      const directory = parentPath(path)
      const parent = last?.path === directory ? last.node : undefined
      return childOf(parent ?? pieces(directory).reduce(childOf, root), baseName(path))
    },
    /** Takes away what is below a node. */
    clear(node: EditNode, path: TreePath): void {
      node.children = undefined
      if (path !== rootPath && above(parentPath(path)).isFresh) return
      node.covers ||= below.get(path) !== undefined
    },
  }
}

/** The node of a path if there is one, and whether it or one above hides what the tree below has in it. */
function descend(root: EditNode, path: TreePath): { readonly node: EditNode | undefined; readonly hides: boolean } {
  let node: EditNode | undefined = root
  let hides = hidesBelow(root)
  for (const piece of pieces(path)) {
    node = node.children?.get(piece)
    if (!node) break
    hides ||= hidesBelow(node)
  }
  return { node, hides }
}

function hidesBelow(node: EditNode): boolean {
  return node.covers || (node.state === 'put' && node.entry?.kind !== 'directory')
}

function childOf(parent: EditNode, name: string): EditNode {
  parent.children ??= new Map()
  const known = parent.children.get(name)
  if (known) return known
  const child = newNode()
  parent.children.set(name, child)
  return child
}

function listNames({ node, covered }: Found, below: FileTree, path: TreePath): readonly string[] {
  const shown = covered || node?.covers ? [] : below.list(path)
  if (!node?.children) return shown
  const names = new Set(shown)
  for (const [name, child] of node.children) {
    if (child.state === 'gone') names.delete(name)
    else if (child.state === 'put') names.add(name)
  }
  return [...names].sort(comparePaths)
}

function collect(root: EditNode, below: FileTree): readonly Change[] {
  const changes: Change[] = []
  const waiting: { readonly path: TreePath; readonly node: EditNode }[] = [{ path: rootPath, node: root }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { path, node } = next
    const change = changeOf(node, below, path)
    if (change) changes.push(change)
    if (!node.children) continue
    const names = inOrder([...node.children.keys()], comparePaths)
    for (let at = names.length - 1; at >= 0; at--) {
      const name = names[at] ?? ''
      const child = node.children.get(name)
      if (child) waiting.push({ path: joinPath(path, name), node: child })
    }
  }
  return changes
}

function changeOf(node: EditNode, below: FileTree, path: TreePath): Change | undefined {
  if (node.state === 'through') return path === rootPath ? undefined : below.get(path)
  if (!node.entry) return below.get(path) && { kind: 'whiteout', path }
  if (!node.covers || node.entry.kind !== 'directory') return node.entry
  return below.get(path)?.kind === 'directory' ? { ...node.entry, opaque: true } : node.entry
}

/** A file and its further names: the name that comes first in the layer has the bytes, whichever was put first. */
function linksAfterFiles(changes: readonly Change[], get: (path: TreePath) => Entry | undefined): readonly Change[] {
  if (!changes.some((change) => change.kind === 'hardlink')) return changes
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
