import { posix } from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { GitOp } from '../../graph/index.ts'
import { checkArguments } from './git-arguments.ts'
import { readGitQuery } from './git-query.ts'
import { type GitUrl, parseGitUrl } from './git-url.ts'

/** A git repository, what of it is meant, and how it is to be taken. */
export interface GitReference {
  /** As git takes it: with a scheme or as `user@host:path`, never with a password, nor with the user of http and git. */
  readonly remote: string
  /** User and password of the URL: for fetching alone. */
  readonly login?: { readonly user: string; readonly password?: string }
  /** What the repository is called: `bar` for `https://github.com/foo/bar.git`. */
  readonly shortName: string
  /** Branch, tag, commit or full name; absent: the default branch. */
  readonly ref?: string
  /** As written in a query, cleaned when it stood after the `#`. */
  readonly subdir?: string
  /** A commit id or the beginning of one. */
  readonly checksum?: string
  /** Absent: not said, which is not the same as false when an instruction says it too. */
  readonly keepGitDir?: boolean
  readonly submodules?: boolean
  readonly mtime?: 'checkout' | 'commit'
  /** `checksum` is what is fetched, wherever `ref` points by now. */
  readonly fetchByCommit?: true
  /** `github.com/foo/bar`: could be a path as well. ADD takes it for a path, a build context for a repository. */
  readonly looksLocal: boolean
  /** The way there is http or git: whoever is on it can read and change what is fetched. */
  readonly unencrypted: boolean
}

/**
 * Reads what ADD or a build context names, by BuildKit's rules: `url#ref:subdir`, or `url?ref=…&subdir=…`. An http(s)
 * URL is a git reference only when its path ends in `.git`.
 * @returns undefined when the text is no git reference: it is another URL, or a path
 * @throws {TsbuildError} TSB_GIT_REFERENCE when it is one, but wrong; TSB_GIT_ARG when git would take a part for an
 *   option; TSB_GIT_SUBDIR when the subdirectory is outside the repository
 */
export function parseGitReference(text: string): GitReference | undefined {
  if (/^\.\.?\//.test(text)) return undefined
  const looksLocal = text.startsWith('github.com/')
  const url = parseGitUrl(looksLocal ? `https://${text}` : text)
  if (!url || (!looksLocal && isPlainHttp(url))) return undefined
  const reference: GitReference = {
    remote: url.remote,
    ...loginOf(url),
    shortName: shortNameOf(url.remote),
    ...readGitQuery(url),
    looksLocal,
    unencrypted: url.scheme === 'http' || url.scheme === 'git',
  }
  checkArguments(url, reference)
  return reference
}

/** What an instruction says beside the reference. */
export interface GitFlags {
  readonly checksum?: string | undefined
  readonly keepGitDir?: boolean | undefined
}

/**
 * The op that fetches it. Flags and reference may say the same thing twice, but not two things.
 * @throws {TsbuildError} TSB_GIT_REFERENCE, TSB_GIT_SUBDIR
 */
export function gitOp(reference: GitReference, flags: GitFlags = {}): GitOp {
  const { remote, ref, fetchByCommit } = reference
  const checksum = agreed(reference.checksum, flags.checksum, ([a, b]) => `checksum mismatch "${b}" != "${a}"`)
  if (checksum !== undefined && !/^[0-9a-fA-F]+$/.test(checksum)) throw badChecksum(checksum, remote)
  const keepGitDir = agreed(reference.keepGitDir, flags.keepGitDir, () => 'inconsistent keep-git-dir configuration')
  const subdir = subdirOf(reference)
  return {
    kind: 'git',
    remote,
    ...(ref !== undefined && { ref }),
    ...(subdir !== undefined && { subdir }),
    ...(checksum !== undefined && { checksum }),
    ...(fetchByCommit && { fetchByCommit }),
    keepGitDir: keepGitDir ?? false,
    submodules: reference.submodules ?? true,
    mtime: reference.mtime ?? 'checkout',
  }
}

/** `remote#ref:subdir`, without a login: how a reference is shown. */
export function showGitReference({ remote, ref = '', subdir = '' }: Pick<GitReference, 'remote' | 'ref' | 'subdir'>) {
  const inside = subdir.replace(/^\/+/, '')
  return inside || ref ? `${remote}#${ref}${inside && `:${inside}`}` : remote
}

function isPlainHttp({ scheme, path }: GitUrl): boolean {
  return (scheme === 'http' || scheme === 'https') && !path.endsWith('.git')
}

function shortNameOf(remote: string): string {
  return remote.slice(remote.lastIndexOf('/') + 1).replace(/\.git$/, '')
}

/** The user of ssh is part of the remote: it opens nothing by itself. */
function loginOf({ user, scheme }: GitUrl): Pick<GitReference, 'login'> {
  if (!user || (scheme === 'ssh' && user.password === undefined)) return {}
  return { login: { user: user.name, ...(user.password !== undefined && { password: user.password }) } }
}

function agreed<T>(url: T | undefined, flag: T | undefined, problem: (both: readonly [T, T]) => string): T | undefined {
  if (url !== undefined && flag !== undefined && url !== flag) {
    throw new TsbuildError('TSB_GIT_REFERENCE', problem([url, flag]), {
      hint: 'say it in the URL or with the flag, not differently in both',
    })
  }
  return url ?? flag
}

function badChecksum(checksum: string, remote: string): TsbuildError {
  const message = `invalid checksum ${checksum} for Git URL, expected hex commit hash (${remote})`
  return new TsbuildError('TSB_GIT_REFERENCE', message, { hint: 'it is a commit id, or the beginning of one' })
}

/** From the root of the repository, without slashes at its ends; absent: the root itself. */
function subdirOf({ subdir = '' }: GitReference): string | undefined {
  const cleaned = posix.normalize(subdir).replace(/^\/+|\/+$/g, '')
  return cleaned === '' || cleaned === '.' ? undefined : cleaned
}
