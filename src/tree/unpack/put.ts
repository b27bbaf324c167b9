import { closeSync, constants, linkSync, openSync, readlinkSync, symlinkSync, writeSync } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import { makeNode } from '../../syscalls/index.ts'
import type { DeviceEntry, DirectoryEntry, FifoEntry, HardlinkEntry, SymlinkEntry } from '../entry.ts'
import { encodeName } from '../names.ts'
import { absolutePath, type TreePath } from '../path.ts'
import { archiveError } from '../tar/archive-error.ts'
import type { TarFile } from '../tar/member.ts'
import { type Skipped, setByHandle, setByPlace, setOnLink, setOnNode } from './metadata.ts'
import type { Site } from './site.ts'

/** What an unpacking can be told to do. */
export interface PutContext {
  readonly site: Site
  readonly skipped: Skipped
  /** `skip`: device nodes of an archive are not made on this machine. */
  readonly devices: 'make' | 'skip'
  readonly signal: AbortSignal | undefined
}

/** Puts a regular file in place of what is there. @returns its size */
export async function putFile(entry: TarFile, body: AsyncIterable<Uint8Array>, context: PutContext): Promise<number> {
  const place = context.site.host(freePlace(entry.path, context.site))
  const fd = openSync(place, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    for await (const piece of body) {
      context.signal?.throwIfAborted()
      for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at)
    }
    setByHandle(fd, place, entry, context.skipped)
  } finally {
    closeSync(fd)
  }
  return entry.size
}

/** Makes a directory, or describes the one that is there. It gets its metadata when all is in it. */
export function putDirectory(entry: DirectoryEntry, { site }: PutContext): void {
  const path = site.place(entry.path)
  const found = site.stats(path)
  if (found?.isDirectory()) {
    site.addPending(path, { metadata: entry })
    return
  }
  if (found) site.remove(path)
  site.makeDirectory(path, { metadata: entry, ...(found && { opaque: true }) })
}

export function putSymlink(entry: SymlinkEntry, { site, skipped }: PutContext): void {
  const place = site.host(freePlace(entry.path, site))
  symlinkSync(encodeName(entry.target), place)
  setOnLink(place, entry, skipped)
}

/**
 * Another name for a file of the tree; for a symbolic link, a link with the same text. Its metadata goes to the file.
 * @throws {TsbuildError} TSB_ARCHIVE_LINK when there is no such file in the tree
 */
export function putHardlink(entry: HardlinkEntry, { site, skipped }: PutContext): void {
  const target = site.find(entry.target)
  const found = target === undefined ? undefined : site.stats(target)
  if (target === undefined || !(found?.isFile() || found?.isSymbolicLink())) throw noTarget(entry)
  if (target !== site.place(entry.path)) {
    const place = site.host(freePlace(entry.path, site))
    if (!site.stats(target)) throw noTarget(entry)
    if (found.isFile()) linkSync(site.host(target), place)
    else symlinkSync(readlinkSync(site.host(target), { encoding: 'buffer' }), place)
  }
  if (found.isFile()) setByPlace(site.host(target), 0, entry, skipped)
}

export function putNode(entry: DeviceEntry | FifoEntry, { site, skipped, devices }: PutContext): void {
  const path = freePlace(entry.path, site)
  if (entry.kind !== 'fifo' && devices === 'skip') {
    skipped.devices.push(entry.path)
    return
  }
  const place = site.host(path)
  const { major, minor } = entry.kind === 'fifo' ? { major: 0, minor: 0 } : entry
  if (!tryMakeNode(place, typeBits[entry.kind] | 0o600, major, minor)) {
    skipped.devices.push(entry.path)
    return
  }
  setOnNode(place, entry, skipped)
}

/** False where the kernel refuses: the devices controller of a container may, whatever capabilities there are. */
function tryMakeNode(place: string | Buffer, mode: number, major: number, minor: number): boolean {
  try {
    makeNode(place, mode, major, minor)
    return true
  } catch (error) {
    if (isSystemError(error, 'EPERM')) return false
    throw error
  }
}

const typeBits = { fifo: constants.S_IFIFO, character: constants.S_IFCHR, block: constants.S_IFBLK } as const

/** Where an entry goes: what was there is removed, never written through. */
function freePlace(path: TreePath, site: Site): TreePath {
  const free = site.place(path)
  if (site.stats(free)) site.remove(free)
  site.noteMade(free)
  return free
}

function noTarget(entry: HardlinkEntry): Error {
  const message = `the hard link ${absolutePath(entry.path)} leads to ${absolutePath(entry.target)}, which is no file of the tree`
  return archiveError('TSB_ARCHIVE_LINK', message)
}
