import { TsbuildError } from '../../errors.ts'
import { defaultLimits, type LimitName, limitHint } from '../../limits.ts'
import type { GitProgram } from './program.ts'

/** What a commit has in it. */
export interface CommitContents {
  /** Ids of all files, and of all trees but the root. */
  readonly objects: ReadonlySet<string>
  /** Commits of other repositories, by path. */
  readonly submodules: readonly { readonly path: string; readonly commit: string }[]
  /** A file of that name at the root, and whether it is one that may be read. */
  readonly gitmodules: 'none' | 'file' | 'other'
}

/** How much of it there may still be: counted over a repository and all its submodules. */
export interface Budget {
  entries: number
  bytes: number
}

/** As much as an archive may have: a commit of a few objects can stand for any number of files. */
export function checkoutBudget(limits = defaultLimits): Budget {
  return { entries: limits['archive-entries'], bytes: limits['archive-bytes'] }
}

/**
 * Looks through a commit before anything of it is written.
 * @param budget what is found is taken from it
 * @throws {TsbuildError} TSB_GIT_TOO_LARGE
 */
export async function readContents(
  git: GitProgram,
  gitDir: string,
  commit: string,
  budget: Budget,
  remote: string,
): Promise<CommitContents> {
  const objects = new Set<string>()
  const submodules: { path: string; commit: string }[] = []
  let gitmodules: CommitContents['gitmodules'] = 'none'
  for await (const line of git.records(['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', commit], { gitDir })) {
    const [, mode = '', kind = '', id = '', size = '', path = ''] = /^(\d+) (\w+) (\w+) +(\S+)\t(.*)$/s.exec(line) ?? []
    budget.entries -= 1
    budget.bytes -= Number(size) || 0
    if (budget.entries < 0) throw tooLarge('archive-entries', commit, remote)
    if (budget.bytes < 0) throw tooLarge('archive-bytes', commit, remote)
    if (kind === 'commit') submodules.push({ path, commit: id })
    else objects.add(id)
    if (path === '.gitmodules') gitmodules = mode.startsWith('100') ? 'file' : 'other'
  }
  return { objects, submodules, gitmodules }
}

function tooLarge(limit: LimitName, commit: string, remote: string): TsbuildError {
  const what = limit === 'archive-entries' ? 'entries' : 'bytes'
  return new TsbuildError('TSB_GIT_TOO_LARGE', `commit ${commit} of ${remote} has more ${what} than are taken`, {
    hint: `a repository like this is made to fill disks; submodules count, and ?submodules=false leaves them out; ${limitHint(limit)}`,
  })
}
