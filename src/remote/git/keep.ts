import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeFolder } from '../../make-folder.ts'
import type { HeldCommit } from './held.ts'
import type { GitProgram } from './program.ts'
import type { Submodule } from './submodules.ts'

/** A `.git` to be made. */
export interface KeptRepository {
  /** `…/.git`, or `…/.git/modules/NAME`. */
  readonly gitDir: string
  readonly workTree: string
  readonly remote: string
  /** The ref that was asked for; absent for a commit id. */
  readonly ref?: string
  readonly submodules: readonly Submodule[]
}

/**
 * Makes a repository of one commit: HEAD is detached at it, the ref it came by is there, and `origin` says where it is
 * from, without credentials. Its files are the same for the same commit as often as it is made: the index has no times,
 * there are no hooks and no logs.
 * @param objects ids of all that the commit has
 */
export async function keepRepository(
  git: GitProgram,
  held: HeldCommit,
  objects: Iterable<string>,
  kept: KeptRepository,
): Promise<void> {
  const { gitDir, workTree } = kept
  for (const folder of ['objects/pack', 'refs']) makeFolder(path.join(gitDir, folder))
  await writeFile(path.join(gitDir, 'HEAD'), `${held.commit}\n`)
  await writeFile(path.join(gitDir, 'config'), configText(kept, held.commit.length))
  await writeFile(path.join(gitDir, 'shallow'), `${held.commit}\n`)
  if (kept.ref) await writeFile(path.join(gitDir, 'packed-refs'), packedRefs(kept.ref, held))
  const input = [...new Set([...held.tags, held.commit, held.tree, ...objects]), ''].join('\n')
  const pack = path.join(gitDir, 'objects/pack/pack')
  await git.run(['pack-objects', '--quiet', pack], { gitDir: held.gitDir, input })
  await git.run(['read-tree', held.commit], { gitDir })
  const place = path.join(workTree, '.git')
  if (place !== gitDir) await writeFile(place, `gitdir: ${path.relative(workTree, gitDir)}\n`)
}

/** Where the repository of a submodule is kept; undefined when another one is there, around or in it. */
export function moduleFolder(gitDir: string, name: string): string | undefined {
  const pieces = name.split('/')
  const around = pieces.slice(1).map((_, index) => path.join(gitDir, 'modules', ...pieces.slice(0, index + 1)))
  const folder = path.join(gitDir, 'modules', ...pieces)
  return existsSync(folder) || around.some((above) => existsSync(path.join(above, 'HEAD'))) ? undefined : folder
}

function configText({ gitDir, workTree, remote, submodules }: KeptRepository, idLength: number): string {
  const isApart = path.join(workTree, '.git') !== gitDir
  const sections = [
    section('core', {
      repositoryformatversion: idLength === 64 ? '1' : '0',
      filemode: 'true',
      bare: 'false',
      logallrefupdates: 'true',
      ...(isApart && { worktree: path.relative(gitDir, workTree) }),
    }),
    ...(idLength === 64 ? [section('extensions', { objectformat: 'sha256' })] : []),
    section('remote "origin"', { url: remote, fetch: '+refs/heads/*:refs/remotes/origin/*' }),
    ...submodules.map(({ name, remote: url }) => section(`submodule ${quoted(name)}`, { active: 'true', url })),
  ]
  return sections.join('')
}

function section(name: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(
    ([key, value]) => `\t${key} = ${/["\\#;\s]/.test(value) ? quoted(value) : value}\n`,
  )
  return `[${name}]\n${lines.join('')}`
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function packedRefs(ref: string, { object, commit }: HeldCommit): string {
  const peeled = object === commit ? '' : `^${commit}\n`
  return `# pack-refs with: peeled fully-peeled sorted \n${object} ${ref}\n${peeled}`
}
