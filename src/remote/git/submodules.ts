import { didYouMean } from '../../errors.ts'
import { type RemoteAddress, shown } from './address.ts'
import type { CommitContents } from './contents.ts'
import { readGitmodules, type SubmoduleSettings } from './gitmodules.ts'
import type { GitProgram } from './program.ts'
import { type SubmodulePlace, submoduleError, submodulePlace } from './submodule-place.ts'

/** A repository that another one has in a directory. */
export interface Submodule extends SubmodulePlace {
  readonly name: string
  /** In the repository that names it. */
  readonly path: string
  readonly commit: string
}

/**
 * The submodules of a commit that are to be fetched: all but those with `update = none`.
 * @param base of the repository that names them
 * @throws {TsbuildError} TSB_GIT_SUBMODULE
 */
export async function findSubmodules(
  git: GitProgram,
  gitDir: string,
  commit: string,
  { submodules, gitmodules }: CommitContents,
  base: RemoteAddress,
): Promise<readonly Submodule[]> {
  if (submodules.length === 0) return []
  if (gitmodules === 'other') throw submoduleError('.gitmodules is no regular file', base)
  const settings = gitmodules === 'none' ? [] : await readGitmodules(git, gitDir, commit)
  return submodules.flatMap(({ path, commit: wanted }) => {
    const found = settings.find(({ values }) => values.get('path')?.replace(/\/$/, '') === path)
    const url = found?.values.get('url')
    if (!found || url === undefined) throw unknownPath(path, settings, base)
    if (found.values.get('update') === 'none') return []
    checkName(found.name, base)
    return [{ name: found.name, path, commit: wanted, ...submodulePlace(url, found.name, base) }]
  })
}

/** The name becomes a path when `.git` is kept. */
function checkName(name: string, base: RemoteAddress): void {
  const bad = name.startsWith('-') || /[\0-\x1f\x7f]/.test(name)
  if (!bad && name.split(/[/\\]/).every((piece) => !['', '.', '..'].includes(piece))) return
  throw submoduleError(`"${shown(name)}" is no name for a submodule`, base)
}

function unknownPath(path: string, settings: readonly SubmoduleSettings[], base: RemoteAddress) {
  const paths = settings.flatMap(({ values }) => values.get('path') ?? [])
  const hint = didYouMean(path, paths) ?? '?submodules=false leaves submodules out'
  return submoduleError(`No url found for submodule path '${shown(path)}' in .gitmodules`, base, hint)
}
