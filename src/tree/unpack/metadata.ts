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
import { isSystemError } from '../../errors.ts'
import { setXattr } from '../../syscalls/index.ts'
import type { Metadata } from '../entry.ts'
import type { TreePath } from '../path.ts'

/** What this machine, or these rights, could not hold. */
export interface Skipped {
  /** Device nodes that were not made. */
  readonly devices: TreePath[]
  /** Entries whose owner stayed that of the process. */
  owners: number
  /** Extended attributes that were refused. */
  xattrs: number
}

/** Metadata of a file or directory, through an open handle. The owner first: it takes setuid bits and capabilities. */
export function setByHandle(fd: number, place: string | Buffer, metadata: Metadata, skipped: Skipped): void {
  const { uid, gid } = fstatSync(fd)
  if (uid !== metadata.uid || gid !== metadata.gid) {
    tolerate(
      () => fchownSync(fd, metadata.uid, metadata.gid),
      () => skipped.owners++,
    )
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
  setByPlace(place, constants.O_DIRECTORY, metadata, { devices: [], owners: 0, xattrs: 0 })
}

/** Metadata of a symbolic link. It has no mode. */
export function setOnLink(place: string | Buffer, metadata: Metadata, skipped: Skipped): void {
  tolerate(
    () => lchownSync(place, metadata.uid, metadata.gid),
    () => skipped.owners++,
  )
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
    tolerate(
      () => setXattr(place, name, value),
      () => skipped.xattrs++,
    )
  }
}

/** In a user namespace, some owners do not exist and some attributes are refused. */
function tolerate(work: () => void, refused: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isSystemError(error, 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error
    refused()
  }
}
