import type { Digest } from '../digest/index.ts'
import type { TreePath } from './path.ts'

/** What every entry has. */
export interface Metadata {
  /** Permission bits with setuid, setgid and sticky: `0o7777` at most. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Whole seconds since 1970. */
  readonly mtime: number
  /** Extended attributes by full name (`security.capability`); absent when there are none. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>
}

/**
 * Where the bytes of a regular file are: some bytes of a host file (a file of a directory, or a member of an uncompressed
 * tar), or in memory. A plain value, so that an index of a layer can be stored and handed to a worker.
 */
export type Content =
  | { readonly kind: 'host'; readonly path: string; readonly offset: number; readonly identity?: FileIdentity }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/**
 * What the file system said of a file when it was listed: enough to notice that it was replaced before it was read, and
 * the key of the stat index. Times in nanoseconds.
 */
export interface FileIdentity {
  readonly dev: bigint
  readonly ino: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** What the file system says of a place, with mode and owner as the tree shows them. */
export interface HostStats extends FileIdentity {
  readonly kind: 'file' | 'directory' | 'symlink' | 'special'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
}

export interface FileEntry extends Metadata {
  readonly kind: 'file'
  readonly path: TreePath
  /** Bytes. */
  readonly size: number
  readonly content: Content
  /** sha256 of the bytes, when it is known without reading them. */
  readonly digest?: Digest
}

export interface DirectoryEntry extends Metadata {
  readonly kind: 'directory'
  readonly path: TreePath
  /** In a layer: hides all that lower layers have below this directory. */
  readonly opaque?: true
  /** Nobody said it: it is there because something below it is. Where a lower layer has a directory, that one counts. */
  readonly implied?: true
}

export interface SymlinkEntry extends Metadata {
  readonly kind: 'symlink'
  readonly path: TreePath
  /** The text of the link, as it is. */
  readonly target: string
}

/** A further name of a regular file that comes earlier in path order of the same layer. Metadata repeats the file's. */
export interface HardlinkEntry extends Metadata {
  readonly kind: 'hardlink'
  readonly path: TreePath
  readonly target: TreePath
}

export interface DeviceEntry extends Metadata {
  readonly kind: 'character' | 'block'
  readonly path: TreePath
  readonly major: number
  readonly minor: number
}

export interface FifoEntry extends Metadata {
  readonly kind: 'fifo'
  readonly path: TreePath
}

/** In a layer only: what lower layers have at this path is gone. */
export interface WhiteoutEntry {
  readonly kind: 'whiteout'
  readonly path: TreePath
}

/** Something that exists in a tree. */
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry | HardlinkEntry | DeviceEntry | FifoEntry

/** Something that a layer says: an entry, or that one is gone. */
export type Change = Entry | WhiteoutEntry

/**
 * A tree of files. Looking is synchronous and late: a tree of a host directory lists a folder when it is asked for it.
 * The tree of a layer also shows its whiteouts and opaque directories; `overlay` merges such trees into a plain one.
 */
export interface Tree<E extends Change = Change> {
  /** What is at exactly this path; symbolic links on the way are not followed. The root is always a directory. */
  get(path: TreePath): E | undefined
  /** The names in a directory, in byte order; none when there is no directory at this path. */
  list(path: TreePath): readonly string[]
  /** Whether a directory is there, when that is known without looking at it: from a listing of what is above. */
  isDirectory?(path: TreePath): boolean | undefined
  /**
   * What the file system says of a place of this machine, where that is all that counts of it beside the bytes; undefined when
   * nothing is there. Absent for trees of another kind.
   */
  stats?(path: TreePath): HostStats | undefined
  /** How many symbolic links `resolvePath` follows on one way; absent: as many as the default limit says. */
  readonly linkSteps?: number | undefined
  /** Of the tree of a layer: the directories that are only implied. */
  impliedDirectories?(): readonly TreePath[]
}

/** A whole file tree, without marks of a layer. */
export type FileTree = Tree<Entry>
