import { type Change, type DirectoryEntry, impliedDirectory, rootPath } from '../tree/index.ts'
import { type Area, openArea, setLong } from './area.ts'
import { encodeDirents } from './dirents.ts'
import { type Folder, type Folders, openFolders } from './folders.ts'
import { blockSize, headerSize, types } from './format.ts'
import { type Inodes, openInodes } from './inode.ts'
import { NotIndexableError } from './not-indexable.ts'
import { mostBlocks, placeBlocks, placeBytes, placeChange } from './placing.ts'
import { writeSuperblock } from './superblock.ts'
import { xattrBytes } from './xattrs.ts'

/** The uncompressed tar of a layer, which is the further device of its image. */
export interface TarDevice {
  /** 64 hexadecimal digits that tell it from others: its sha256. */
  readonly name: string
  /** Bytes. */
  readonly size: number
}

/**
 * An EROFS image that indexes the tar of a layer: names and metadata are in it, the bytes of the files stay where they are.
 * Mounted with the tar as its device, it is what overlayfs wants of a lower directory, as `unpackTar` makes one: whiteouts
 * are 0/0 character devices, opaque directories have `trusted.overlay.opaque`. The same changes give the same bytes.
 * @param changes the root first if it is there, then parents first; files have their bytes in the tar, or in memory
 * @param devices whether device nodes are to be in it
 * @throws {NotIndexableError}
 */
export function erofsImage(changes: Iterable<Change>, tar: TarDevice, devices: 'make' | 'skip'): Uint8Array {
  if (tar.size > mostBlocks * blockSize) throw new NotIndexableError(`a tar of ${tar.size} bytes`)
  const area = openArea()
  area.take(headerSize, 1)
  const inodes = openInodes(area)
  const { folders, rootNumber } = placeAll(area, inodes, changes, tar, devices)
  for (const { number } of folders.sort()) inodes.addLink(number)
  placeFolders(area, inodes, folders, rootNumber)
  const imageSize = area.take(0, blockSize)
  const bytes = area.bytes().buffer.subarray(0, imageSize)
  const counts = { inodes: inodes.count(), epoch: inodes.epoch(), imageSize }
  writeSuperblock(bytes, { name: tar.name, rootNumber, tarSize: tar.size, ...counts })
  return bytes
}

/** Places all but the directories, which are only noted. The inode of the root has to be among the first. */
function placeAll(
  area: Area,
  inodes: Inodes,
  changes: Iterable<Change>,
  tar: TarDevice,
  devices: 'make' | 'skip',
): { readonly folders: Folders; readonly rootNumber: number } {
  let opened: { readonly folders: Folders; readonly rootNumber: number } | undefined
  const open = (root: DirectoryEntry) => ({ folders: openFolders(root), rootNumber: inodes.reserve(xattrBytes(root)) })
  for (const change of changes) {
    if (change.path === rootPath) {
      if (opened || change.kind !== 'directory') throw new NotIndexableError('the root is not the first change')
      opened = open(change)
      continue
    }
    opened ??= open(impliedDirectory(rootPath))
    const { folders } = opened
    if (change.kind === 'directory') folders.addFolder(change)
    else if (change.kind === 'hardlink') folders.addLink(change)
    else if (devices === 'make' || (change.kind !== 'character' && change.kind !== 'block')) {
      const number = placeChange(area, inodes, change, tar.size)
      folders.add(change.path, codeOf(change.kind), { number })
    }
  }
  return opened ?? open(impliedDirectory(rootPath))
}

function codeOf(kind: Exclude<Change['kind'], 'directory' | 'hardlink'>): number {
  return types[kind === 'whiteout' ? 'character' : kind].code
}

/** Innermost first: a directory has the numbers of what is in it. The number of its parent is written at the end. */
function placeFolders(area: Area, inodes: Inodes, { all }: Folders, rootNumber: number): void {
  const parents: { readonly at: number; readonly folder: Folder }[] = []
  for (const folder of [...all].reverse()) {
    const { entry, children, folders: inside } = folder
    const { bytes, parentAt, selfAt } = encodeDirents(children)
    const links = 2 + inside
    if (folder.parent) {
      const { number, at } = placeBytes(area, inodes, entry, 'directory', bytes, links)
      folder.number = number
      parents.push({ at: at + parentAt, folder })
      setLong(area.bytes().view, at + selfAt, number)
    } else {
      const data = placeBlocks(area, bytes)
      folder.number = rootNumber
      const at = data.block * blockSize
      setLong(area.bytes().view, at + selfAt, rootNumber)
      setLong(area.bytes().view, at + parentAt, rootNumber)
      inodes.write(rootNumber, {
        metadata: entry,
        typeBits: types.directory.bits,
        links,
        xattrs: xattrBytes(entry),
        data,
      })
    }
  }
  for (const { at, folder } of parents) setLong(area.bytes().view, at, folder.parent?.number ?? rootNumber)
}
