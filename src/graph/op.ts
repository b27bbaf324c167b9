import type { Digest } from '../digest/index.ts'
import type { Platform } from '../image/index.ts'

/** sha256 of the canonical JSON of an `Op`: the same op asked twice is one node. Made by `opId` alone. */
export type OpId = Digest & { readonly __op: true }

/** Where a base image or a `--from` image was found, pinned to exact bytes. */
export interface PinnedImage {
  /** Normal form: `docker.io/library/node:22`, or `oci-layout:///dir:tag`, `oci-archive:///file.tar`. For people. */
  readonly name: string
  /** Digest of the manifest for the platform. */
  readonly manifest: Digest
}

/** The files and folders a copy takes: as written, after expansion; wildcards by Go's `filepath.Match`. */
export interface CopySource {
  /** The op whose files are looked at: a context, an image, or the last op of a stage. */
  readonly from: OpId
  /** From the root of that tree; cleaned when it is used, never leaves the root. A trailing `/` has no meaning. */
  readonly path: string
  /** A file that is a tar (also compressed) is unpacked, as ADD does. */
  readonly unpack?: true
}

/** A file whose text stands in the Dockerfile (a heredoc): mode 0644, owner 0:0. */
export interface InlineFile {
  readonly name: string
  readonly text: string
}

/** What a `RUN --mount` gives. `target` is absolute; `from` is an op, absent for the fresh kinds. */
export type Mount =
  | {
      readonly kind: 'bind'
      readonly target: string
      readonly from: OpId
      readonly source: string
      /** Writes go to a layer that is thrown away. */
      readonly writable: boolean
    }
  | {
      readonly kind: 'cache'
      readonly target: string
      readonly id: string
      /** Caches of other namespaces are others. */
      readonly namespace?: string
      readonly sharing: 'shared' | 'private' | 'locked'
      readonly from?: OpId
      readonly source?: string
      readonly mode: number
      readonly uid: number
      readonly gid: number
      readonly readOnly: boolean
    }
  | { readonly kind: 'tmpfs'; readonly target: string /** Bytes. */; readonly size?: number }
  | {
      readonly kind: 'secret'
      readonly id: string
      /** Absent when the secret is only wanted as `env`. */
      readonly target?: string
      readonly env?: string
      readonly required: boolean
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  | {
      readonly kind: 'ssh'
      readonly id: string
      readonly target: string
      readonly required: boolean
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }

/** The layers of an image that exists already. */
export interface ImageOp {
  readonly kind: 'image'
  readonly image: PinnedImage
  readonly platform: Platform
}

/** No files at all. */
export interface ScratchOp {
  readonly kind: 'scratch'
}

/** The files of the build context or of a named one. */
export interface ContextOp {
  readonly kind: 'context'
  /** `context` for the main one, else the name given to `--build-context`. */
  readonly name: string
}

/** ADD of a URL: a tree of one file, mode 0600, owner 0:0, its time that of `Last-Modified`. */
export interface HttpOp {
  readonly kind: 'http'
  /** Without user and password. */
  readonly url: string
  /** What the file is called in the tree. */
  readonly name: string
  /** `sha256:…`, `sha384:…` or `sha512:…` of the bytes. */
  readonly checksum?: string
}

/** ADD of a git repository: the tree of a commit, files 0644 or 0755, directories 0755, owner 0:0. */
export interface GitOp {
  readonly kind: 'git'
  /** As git takes it, without user and password: `https://host/repo.git`, `git@host:repo.git`. */
  readonly remote: string
  /** Branch, tag, commit or full name; absent: the default branch. */
  readonly ref?: string
  /** A directory of the repository that is the root of the tree. */
  readonly subdir?: string
  /** A commit id or the beginning of one. */
  readonly checksum?: string
  /** `checksum` is what is fetched, wherever `ref` points by now: `ref` only says what it is called. */
  readonly fetchByCommit?: true
  readonly keepGitDir: boolean
  readonly submodules: boolean
  /** Times of files: when they are fetched, or when the commit was made. */
  readonly mtime: 'checkout' | 'commit'
}

/** COPY, and ADD of files and archives: one layer on `onto`. */
export interface CopyOp {
  readonly kind: 'copy'
  readonly onto: OpId
  readonly sources: readonly CopySource[]
  readonly inline: readonly InlineFile[]
  /** Absolute; a trailing `/` says that it is a directory. */
  readonly dest: string
  /** `user[:group]` by name or number, looked up in the files of `onto`. */
  readonly chown?: string
  /** Octal (`0755`) or symbolic (`u=rwX,go=rX`). */
  readonly chmod?: string
  /** Nothing of `onto` is looked at: the layer stands by itself. */
  readonly link: boolean
  /** Keep the source's directories, from `/./` on when that is in the path. */
  readonly parents: boolean
  readonly excludes: readonly string[]
}

/** RUN: one layer on `onto`, with what the command changed. */
export interface RunOp {
  readonly kind: 'run'
  readonly onto: OpId
  readonly argv: readonly string[]
  /** `NAME=value` in order: the image's variables and the ARGs in force. Proxy arguments are in `Node.unkeyed`. */
  readonly env: readonly string[]
  readonly cwd: string
  /** As in the config: `''`, `user`, `user:group`, names or numbers. */
  readonly user: string
  readonly network: 'default' | 'none' | 'host'
  readonly security: 'sandbox' | 'insecure'
  readonly mounts: readonly Mount[]
  /** Files that exist only while the command runs (heredocs with `#!`): absolute path, mode 0755. */
  readonly scripts: readonly { readonly path: string; readonly text: string }[]
  readonly platform: Platform
  /** Absent: `buildkitsandbox`. */
  readonly hostname?: string
  readonly limits: RunLimits
}

/** `--shm-size` in bytes (64 MiB when absent), `--ulimit`, `--cgroup-parent`, `--security-opt`, and names of `--add-host`. */
export interface RunLimits {
  readonly shmSize?: number
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  readonly hostNames?: readonly string[]
  readonly cgroupParent?: string
  /** Absent: the filter of tsbuild. `unconfined`, or the digest of another one. */
  readonly seccomp?: string
}

/** WORKDIR: makes the directory when it is not there. One layer on `onto`, empty when there was nothing to do. */
export interface MkdirOp {
  readonly kind: 'mkdir'
  readonly onto: OpId
  readonly path: string
  readonly mode: number
  /** As RunOp.user: who owns what is made. */
  readonly owner: string
}

/** What a node *is*. Every field is hashed into its OpId: change one and it is another node. */
export type Op = ImageOp | ScratchOp | ContextOp | HttpOp | GitOp | CopyOp | RunOp | MkdirOp

export type OpOf<K extends Op['kind']> = Extract<Op, { readonly kind: K }>

/** Ops that add a layer to another op's snapshot. */
export type LayerOp = Extract<Op, { readonly onto: OpId }>
