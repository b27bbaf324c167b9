import { createReadStream } from 'node:fs'
import { newestIn } from '../../context/index.ts'
import type { GitOp, HttpOp, Node } from '../../graph/index.ts'
import type { Limits } from '../../limits.ts'
import type { FetchedFile, Remotes } from '../../remote/index.ts'
import { type FileTree, overlay, treeOfEntries, treePath } from '../../tree/index.ts'

/** What an ADD or a context names by URL, once it is here. */
export interface Fetched {
  readonly tree: FileTree
  /** The one file that a URL is; absent for a git repository. */
  readonly file?: FetchedFile
  /** In seconds since 1970: of the commit, `Last-Modified`, else the newest file of an archive; undefined without any. */
  time(): Promise<number | undefined>
}

/** Fetches, unless what is here is still what the server has. @throws {TsbuildError} TSB_HTTP_…, TSB_GIT_… */
export type Fetch = (op: GitOp | HttpOp, login: Node['login'], signal?: AbortSignal) => Promise<Fetched>

/** @param signal for those who have none of their own */
export function fetcher(remotes: () => Promise<Remotes>, signal: AbortSignal, limits: Limits): Fetch {
  return async (op, login, own = signal) => {
    const client = await remotes()
    if (op.kind === 'git') {
      const { tree, time } = await client.git(op, login, own)
      return { tree, time: async () => time }
    }
    const file = await client.http(op, login, own)
    return {
      tree: treeOfFile(file, op.name),
      file,
      time: async () => file.modified ?? (await newestIn(createReadStream(file.path), limits)),
    }
  }
}

/** A tree of one file, as BuildKit keeps what it downloads: 0600, of root, from 1970 when the server tells no time. */
function treeOfFile({ path, size, digest, identity, modified = 0 }: FetchedFile, name: string): FileTree {
  const content = { kind: 'host', path, offset: 0, identity } as const
  const entry = { kind: 'file', path: treePath(name), size, digest, content } as const
  return overlay([treeOfEntries([{ ...entry, mode: 0o600, uid: 0, gid: 0, mtime: modified }])])
}
