import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lutimesSync,
  openSync,
} from 'node:fs'
import { isSystemError, TsbuildError } from '../../errors.ts'
import { setXattr } from '../../syscalls/index.ts'
import type { Metadata } from '../entry.ts'
import { absolutePath, type TreePath } from '../path.ts'
import { isCapability } from '../xattrs.ts'

/** What this machine, or these rights, could not hold. */
export interface Skipped {
  /** Device nodes that were not made. */
  readonly devices: TreePath[]
  /** Extended attributes that were refused. */
  xattrs: number
}

/**
 * Metadata of a file or directory, through an open handle. The owner first: it takes setuid bits and capabilities.
 * @throws {TsbuildError} TSB_OWNER_UNAVAILABLE for an owner that cannot be given here, so that no step sees another one
 */
export function setByHandle(fd: number, place: string | Buffer, metadata: Metadata, skipped: Skipped): void {
  const { uid, gid } = fstatSync(fd)
  if (uid !== metadata.uid || gid !== metadata.gid) {
    giveTo(metadata, () => fchownSync(fd, metadata.uid, metadata.gid))
  }
  setXattrs(place, metadata, skipped)
  fchmodSync(fd, metadata.mode)
  futimesSync(fd, metadata.mtime, metadata.mtime)
}

/** As `setByHandle`, for a place: opened without following a link. */
export function setByPlace(place: string | Buffer, flags: number, metadata: Metadata, skipped: Skipped): void {
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | flags)
  try {
    setByHandle(fd, place, metadata, skipped)
  } finally {
    closeSync(fd)
  }
}

/** Makes a directory of ours look like one of a tree; what this machine cannot hold is left out. */
export function setDirectory(place: string, metadata: Metadata): void {
  setByPlace(place, constants.O_DIRECTORY, metadata, { devices: [], xattrs: 0 })
}

/** Metadata of a symbolic link. It has no mode. */
export function setOnLink(place: string | Buffer, metadata: Metadata, skipped: Skipped): void {
  giveTo(metadata, () => lchownSync(place, metadata.uid, metadata.gid))
  setXattrs(place, metadata, skipped)
  lutimesSync(place, metadata.mtime, metadata.mtime)
}

/** Metadata of a fifo or device that was made just now, so the place is no link. To open one could wait or do things. */
export function setOnNode(place: string | Buffer, metadata: Metadata, skipped: Skipped): void {
  setOnLink(place, metadata, skipped)
  chmodSync(place, metadata.mode)
}

function setXattrs(place: string | Buffer, { xattrs }: Metadata, skipped: Skipped): void {
  for (const [name, value] of xattrs ?? []) {
    if (name === 'security.capability' && !isCapability(value)) skipped.xattrs++
    else
      tolerate(
        () => setXattr(place, name, value),
        () => skipped.xattrs++,
      )
  }
}

/** In a user namespace some owners do not exist. */
function giveTo({ path, uid, gid }: Metadata & { readonly path?: TreePath }, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL')) throw error
    const what = path === undefined ? 'a file' : absolutePath(path)
    const message = `${what} of the image belongs to user ${uid} and group ${gid}, which are not both to be had here`
    throw new TsbuildError('TSB_OWNER_UNAVAILABLE', message, {
      cause: error,
      hint: 'RUN needs the ids of all files below it: tsbuild doctor says what to type for a range of them',
    })
  }
}

/** In a user namespace some attributes are refused. */
function tolerate(work: () => void, refused: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error
    refused()
  }
}
