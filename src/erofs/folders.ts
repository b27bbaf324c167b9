import {
  baseName,
  comparePaths,
  type DirectoryEntry,
  type HardlinkEntry,
  impliedDirectory,
  parentPath,
  rootPath,
  type TreePath,
} from '../tree/index.ts'
import type { Child } from './dirents.ts'
import { types } from './format.ts'
import { NotIndexableError } from './not-indexable.ts'

/** A directory while its layer is gone through. */
export interface Folder {
  entry: DirectoryEntry
  readonly parent: Folder | undefined
  /** By the bytes of their names once `sort` was called, `.` and `..` among them. */
  readonly children: Child[]
  /** Directories in it. */
  folders: number
  /** Of its inode; known late. */
  number: number
}

/** What is where in a layer. */
export interface Folders {
  /** All of them, each after the one that holds it. */
  readonly all: readonly Folder[]
  addFolder(entry: DirectoryEntry): void
  add(path: TreePath, code: number, inode: { readonly number: number }): void
  /** A further name of a file that `add` was called for, which `sort` looks up. */
  addLink(link: HardlinkEntry): void
  /**
   * When all was added. @returns the inode of each further name
   * @throws {NotIndexableError} for two of one name, and for a link that leads to no file
   */
  sort(): readonly { readonly number: number }[]
}

export function openFolders(root: DirectoryEntry): Folders {
  const top: Folder = { entry: root, parent: undefined, children: [], folders: 0, number: 0 }
  const all = [top]
  const byPath = new Map<TreePath, Folder>([[rootPath, top]])
  const links: { readonly target: TreePath; readonly inode: { number: number } }[] = []
  let latest: { readonly path: TreePath; readonly folder: Folder } = { path: rootPath, folder: top }

  const folderAt = (path: TreePath): Folder => {
    if (latest.path === path) return latest.folder
    const folder = byPath.get(path) ?? addFolder(impliedDirectory(path))
    latest = { path, folder }
    return folder
  }
  const addFolder = (entry: DirectoryEntry): Folder => {
    const parent = folderAt(parentPath(entry.path))
    const folder: Folder = { entry, parent, children: [], folders: 0, number: 0 }
    parent.folders++
    parent.children.push({ name: baseName(entry.path), code: types.directory.code, inode: folder })
    byPath.set(entry.path, folder)
    all.push(folder)
    return folder
  }
  const add = (path: TreePath, code: number, inode: { readonly number: number }) =>
    folderAt(parentPath(path)).children.push({ name: baseName(path), code, inode })
  return {
    all,
    add,
    addFolder(entry) {
      const known = byPath.get(entry.path)
      if (known) known.entry = entry
      else addFolder(entry)
    },
    addLink({ path, target }) {
      const inode = { number: 0 }
      links.push({ target, inode })
      add(path, types.file.code, inode)
    },
    sort() {
      for (const folder of all) sortChildren(folder)
      for (const { target, inode } of links) inode.number = fileAt(byPath.get(parentPath(target)), baseName(target))
      return links.map(({ inode }) => inode)
    },
  }
}

function sortChildren(folder: Folder): void {
  const { children, parent } = folder
  const code = types.directory.code
  children.push({ name: '.', code, inode: folder }, { name: '..', code, inode: parent ?? folder })
  children.sort((a, b) => comparePaths(a.name, b.name))
  const twice = children.find(({ name }, index) => name === children[index + 1]?.name)
  if (twice) throw new NotIndexableError(`${twice.name} is there twice`)
}

/** The number of a file; a link that was not looked up yet has none. */
function fileAt(folder: Folder | undefined, name: string): number {
  let [low, high] = [0, folder?.children.length ?? 0]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comparePaths(folder?.children[middle]?.name ?? '', name) < 0) low = middle + 1
    else high = middle
  }
  const found = folder?.children[low]
  if (found?.name === name && found.code === types.file.code && found.inode.number > 0) return found.inode.number
  throw new NotIndexableError(`a hard link to ${name}, which is no file of the layer`)
}
