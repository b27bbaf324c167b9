import { absolutePath, type Change, type Entry } from '../tree/index.ts'

/** What can be said of a file without reading it. */
export interface FileFacts {
  readonly kind: Entry['kind']
  /** Bytes; 0 of what is no regular file, and of further names of one. */
  readonly size: number
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Whole seconds since 1970. */
  readonly mtime: number
  /** Of a symbolic link its text; of a hard link the path of the file. */
  readonly target?: string
}

export function factsOf(entry: Entry): FileFacts {
  const { kind, mode, uid, gid, mtime } = entry
  const size = sizeOf(entry)
  if (entry.kind === 'symlink') return { kind, size, mode, uid, gid, mtime, target: entry.target }
  if (entry.kind === 'hardlink') return { kind, size, mode, uid, gid, mtime, target: absolutePath(entry.target) }
  return { kind, size, mode, uid, gid, mtime }
}

/** Bytes that an entry puts into its layer. */
export function sizeOf(change: Change | undefined): number {
  return change?.kind === 'file' ? change.size : 0
}
