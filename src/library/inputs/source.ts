import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../../errors.ts'
import type { GitOp, HttpOp, Node } from '../../graph/index.ts'
import {
  type GitReference,
  gitOp,
  parseGitReference,
  parseHttpReference,
  showGitReference,
} from '../../planner/index.ts'

/** What a context is fetched from. */
export interface RemoteSource {
  readonly op: GitOp | HttpOp
  readonly login?: Node['login']
  /** Without a login. */
  readonly shown: string
}

/** Where the files of a context come from. */
export type ContextSource =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'stdin' }
  | ({ readonly kind: 'remote' } & RemoteSource)

/** The name that BuildKit gives to the one file behind a URL. */
const fileName = 'context'

/**
 * What the context argument means, as buildx reads it: `-`, a directory that is there, a git repository, a URL.
 * @throws {TsbuildError} TSB_CONTEXT_NOT_FOUND, TSB_UNSUPPORTED_CONTEXT; TSB_GIT_…, TSB_URL for what is wrong in a URL
 */
export async function contextSource(text: string, cwd: string, git: GitDefaults): Promise<ContextSource> {
  if (text === '-') return { kind: 'stdin' }
  const directory = path.resolve(cwd, text)
  if (await isDirectory(directory)) return { kind: 'directory', path: directory }
  const remote = remoteSource(text, git)
  if (remote) return { kind: 'remote', ...remote }
  const scheme = /^([a-z][a-z0-9+-]*):\/\//.exec(text)?.[1]
  if (scheme) throw unknownScheme(scheme)
  throw await noDirectory(text, directory)
}

async function noDirectory(text: string, directory: string): Promise<TsbuildError> {
  const isFile = (await statOf(directory)) !== undefined
  return new TsbuildError(
    'TSB_CONTEXT_NOT_FOUND',
    `unable to prepare context: ${isFile ? `${text} is no directory` : `path "${text}" not found`}`,
    {
      hint: isFile
        ? `a Dockerfile is named with -f: tsbuild -f ${text} . (an archive comes from standard input: tsbuild - < ${text})`
        : 'the last argument is the folder that COPY takes files from, often `.`; tsbuild --help lists the commands',
    },
  )
}

/** How a repository is taken where its URL does not say. */
export type GitDefaults = Pick<GitOp, 'keepGitDir' | 'mtime'>

/** A git repository or a URL; undefined for what is neither. @throws {TsbuildError} TSB_GIT_…, TSB_URL */
export function remoteSource(text: string, defaults: Partial<GitDefaults> = {}): RemoteSource | undefined {
  const git = parseGitReference(text)
  if (git) return gitSource(git, defaults)
  const http = parseHttpReference(text)
  if (!http) return undefined
  const { url, login } = http
  return { op: { kind: 'http', url, name: fileName }, shown: url, ...(login && { login }) }
}

function gitSource(reference: GitReference, defaults: Partial<GitDefaults>): RemoteSource {
  const { login, mtime = defaults.mtime } = reference
  const op = gitOp({ ...reference, ...(mtime && { mtime }) })
  return {
    op: { ...op, keepGitDir: op.keepGitDir || defaults.keepGitDir === true },
    shown: showGitReference(reference),
    ...(login && { login }),
  }
}

export async function isDirectory(directory: string): Promise<boolean> {
  return (await statOf(directory))?.isDirectory() ?? false
}

async function statOf(file: string): Promise<Stats | undefined> {
  try {
    return await stat(file)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return undefined
    throw error
  }
}

function unknownScheme(scheme: string): TsbuildError {
  return new TsbuildError('TSB_UNSUPPORTED_CONTEXT', `a build context cannot come from ${scheme}://`, {
    hint: 'give a directory, a git repository, an http(s) URL, or - for standard input',
  })
}
