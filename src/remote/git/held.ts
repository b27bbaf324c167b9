import path from 'node:path'
import { hexOf, sha256 } from '../../digest/index.ts'
import { TsbuildError } from '../../errors.ts'
import { GitFailure, type GitProgram } from './program.ts'
import type { FoundRef } from './refs.ts'
import { fetchObject } from './repository.ts'
import type { GitSession } from './session.ts'
import type { Transport } from './transport.ts'

/** A commit that is in the repository of its remote on this machine. */
export interface HeldCommit {
  /** Bare, and shared by all that fetch from this remote. */
  readonly gitDir: string
  /** What the ref points at. */
  readonly object: string
  readonly commit: string
  /** Its root. */
  readonly tree: string
  /** The annotated tags on the way to the commit. */
  readonly tags: readonly string[]
  /** Seconds since 1970. */
  readonly time: number
}

/** The folder of a remote: its repositories, and the trees of its commits. */
export function remoteFolder(folder: string, remote: string): string {
  return path.join(folder, hexOf(sha256(remote)).slice(0, 32))
}

/** The repository of a remote that has objects of the kind of this one. */
export function repositoryOf(folder: string, remote: string, object: string): string {
  return path.join(remoteFolder(folder, remote), `${object.length === 64 ? 'sha256' : 'sha1'}.git`)
}

/**
 * Fetches what is not here yet, one build at a time.
 * @throws {TsbuildError} those of `fetchObject`
 */
export async function holdCommit(
  { git, folder, options, signal }: GitSession,
  transport: Transport,
  found: FoundRef,
): Promise<HeldCommit> {
  const gitDir = repositoryOf(folder, transport.remote, found.object)
  await options.locked(`git ${gitDir}`, () => fetchObject(git, transport, gitDir, found), signal)
  const format = '--format=%H %T %ct'
  const line = await git.run(['log', '-1', '--no-show-signature', format, found.object], { gitDir })
  const [commit = '', tree = '', time = ''] = line.trim().split(' ')
  const tags = found.object === commit ? [] : await tagChain(git, gitDir, found.object)
  return { gitDir, object: found.object, commit, tree, tags, time: Number(time) }
}

/** A tag may be of another tag. */
async function tagChain(git: GitProgram, gitDir: string, object: string): Promise<readonly string[]> {
  const tags: string[] = []
  for (let at: string | undefined = object; at !== undefined && tags.length < 100; ) {
    const text: string | undefined = await git.run(['cat-file', 'tag', at], { gitDir }).catch(undefinedWhenNone)
    if (text === undefined) break
    tags.push(at)
    at = /^object (\w+)$/m.exec(text)?.[1]
  }
  return tags
}

function undefinedWhenNone(error: unknown): undefined {
  if (!(error instanceof GitFailure)) throw error
}

/** @throws {TsbuildError} TSB_GIT_CHECKSUM when none of these ids begins with the checksum */
export function checkChecksum(checksum: string | undefined, ids: readonly string[], remote: string): void {
  if (checksum === undefined || ids.some((id) => id.startsWith(checksum.toLowerCase()))) return
  const message = `expected checksum to match ${checksum}, got ${ids.join(' or ')}: ${remote}`
  throw new TsbuildError('TSB_GIT_CHECKSUM', message, {
    hint: 'the ref has moved, or the checksum is of another commit',
  })
}
