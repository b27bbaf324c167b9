import { posix } from 'node:path'
import { TsbuildError } from '../../errors.ts'
import type { GitReference } from './git-reference.ts'
import type { GitUrl } from './git-url.ts'

/**
 * Refuses what git or ssh would take for an option, names that no ref can have, and subdirectories outside.
 * @throws {TsbuildError} TSB_GIT_ARG, TSB_GIT_REFERENCE, TSB_GIT_SUBDIR
 */
export function checkArguments(url: GitUrl, { ref, subdir, remote }: GitReference): void {
  const parts = { host: url.host, user: url.user?.name, path: url.path, ref, subdir }
  for (const [name, part = ''] of Object.entries(parts)) {
    if (part.startsWith('-')) throw optionLike(name, part, remote)
    if (/[\x00-\x1f\x7f]/.test(part)) throw controlInside(name, remote)
  }
  if (ref !== undefined && !isRefName(ref)) throw badRef(ref, remote)
  const outside = [subdir, url.fragment?.writtenSubdir].find((path) => path !== undefined && leavesRoot(path))
  if (outside !== undefined) throw outsideRoot(outside, remote)
}

/** By the rules of `git check-ref-format`, which a commit id follows too. */
function isRefName(ref: string): boolean {
  if (/[ ~^:?*[\\]|\.\.|@\{|\/\/|[/.]$|^[/@]$/.test(ref)) return false
  return ref.split('/').every((piece) => piece !== '' && !piece.startsWith('.') && !piece.endsWith('.lock'))
}

/** BuildKit reads `../x` after a `#` as `x`; nothing is left of `../..`. */
function leavesRoot(subdir: string): boolean {
  return /^(\.\.\/)*\.\.$/.test(posix.normalize(subdir.replace(/^\/+/, '')).replace(/\/$/, ''))
}

function optionLike(name: string, part: string, remote: string): TsbuildError {
  return new TsbuildError('TSB_GIT_ARG', `${name} of a git repository may not begin with "-": ${part} (${remote})`, {
    hint: 'git would take it for an option',
  })
}

function controlInside(name: string, remote: string): TsbuildError {
  const shown = JSON.stringify(remote).slice(1, -1)
  return new TsbuildError('TSB_GIT_ARG', `${name} of a git repository has a control character: ${shown}`, {
    hint: 'take it away, or check where it is from',
  })
}

function badRef(ref: string, remote: string): TsbuildError {
  return new TsbuildError(
    'TSB_GIT_REFERENCE',
    `no branch, tag or commit can be named ${JSON.stringify(ref)} (${remote})`,
    {
      hint: 'a ref is a branch, a tag, a full name such as refs/pull/1/head, or a commit id',
    },
  )
}

function outsideRoot(subdir: string, remote: string): TsbuildError {
  return new TsbuildError('TSB_GIT_SUBDIR', `the directory ${subdir} is outside the repository ${remote}`, {
    hint: 'name a directory of the repository, from its root',
  })
}
