import type { Digest } from '../digest/index.ts'
import type { GitOp, HttpOp } from '../graph/index.ts'
import type { Limits } from '../limits.ts'
import type { Secret } from '../secret.ts'
import type { FileIdentity, FileTree } from '../tree/index.ts'
import { openGit } from './git/open.ts'
import { openHttpFiles } from './http/open.ts'

/** A file that was fetched, or that was here and is still what the server has. */
export interface FetchedFile {
  /** Where it lies on this machine: it belongs to the cache, do not change it. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly digest: Digest
  /** What the file system says of it: nobody wrote to it since these are its bytes. */
  readonly identity: FileIdentity
  /** `Last-Modified` in seconds since 1970; absent when the server does not say. */
  readonly modified?: number
}

/** A commit that was fetched. */
export interface Checkout {
  /** The files; `subdir` is the root. Everything belongs to 0:0. */
  readonly tree: FileTree
  /** Full id. */
  readonly commit: string
  /** When it was committed, in seconds since 1970. */
  readonly time: number
}

/** What an URL had before its `@`: never part of an op, so that it is in no key, row, plan or message. */
export interface Login {
  readonly user: string
  readonly password?: string
}

/** Fetches what ADD and contexts name by URL. */
export interface Remotes {
  /** @throws {TsbuildError} TSB_HTTP_…, TSB_URL_REDIRECT, TSB_PROXY, TSB_ADD_CHECKSUM, TSB_ARCHIVE_… */
  http(source: HttpOp, login: Login | undefined, signal: AbortSignal): Promise<FetchedFile>
  /** @throws {TsbuildError} TSB_GIT_… */
  git(source: GitOp, login: Login | undefined, signal: AbortSignal): Promise<Checkout>
}

export interface RemoteOptions {
  /** A folder of the cache: what is in it may be deleted at any time. */
  readonly folder: string
  /** `HTTP_AUTH_TOKEN_host`, `GIT_AUTH_TOKEN` and the like: bytes, or undefined when nobody gave it. */
  readonly secret: (id: string) => Promise<Secret | undefined>
  /** The socket of the ssh agent that `--ssh` lends under this id. */
  readonly agent: (id: string) => Promise<string | undefined>
  /** Of the caller: PATH, proxies. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Runs `work` while no other process holds the same name. */
  readonly locked: <T>(name: string, work: () => Promise<T>, signal: AbortSignal) => Promise<T>
  /** A fresh private directory on the file system of `folder`. */
  readonly temporary: (prefix: string) => Promise<string>
  readonly notice: (message: string) => void
  readonly limits?: Limits
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Opens no connection before something is asked. */
export function openRemotes(options: RemoteOptions): Remotes {
  return { http: openHttpFiles(options), git: openGit(options) }
}
