import { lstatSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { makeFolder } from '../../make-folder.ts'
import { shown } from './address.ts'
import { type Budget, readContents } from './contents.ts'
import { type HeldCommit, holdCommit, repositoryOf } from './held.ts'
import { keepRepository, moduleFolder } from './keep.ts'
import type { GitSession } from './session.ts'
import { submoduleError } from './submodule-place.ts'
import { findSubmodules, type Submodule } from './submodules.ts'
import { openTransport, type Transport } from './transport.ts'
import { withWhole } from './whole.ts'

/** What placing the files of a commit needs, for a repository and all its submodules. */
export interface Placing extends GitSession {
  readonly submodules: boolean
  readonly budget: Budget
  /** For the index of git, which is no part of the files. */
  readonly indexFile: string
}

/** Where the files of a commit go. */
export interface Place {
  /** Empty. */
  readonly workTree: string
  /** Where its repository is kept, if it is. */
  readonly gitDir?: string
  readonly ref?: string
  /** How many repositories are around it. */
  readonly depth: number
}

/** Submodules of submodules: deeper is a trap. */
const deepest = 32

/**
 * Writes the files of a commit, and those of its submodules. No hook and no filter runs, and git writes through no link.
 * @throws {TsbuildError} TSB_GIT_SUBMODULE, TSB_GIT_TOO_LARGE, and those of `holdCommit`
 */
export async function placeCommit(
  placing: Placing,
  transport: Transport,
  held: HeldCommit,
  place: Place,
): Promise<void> {
  const { git, budget, indexFile } = placing
  const { gitDir, commit } = held
  const { workTree, ref } = place
  const contents = await readContents(git, gitDir, commit, budget, transport.remote)
  const { address } = transport
  const submodules = placing.submodules ? await findSubmodules(git, gitDir, commit, contents, address) : []
  makeFolder(workTree)
  await rm(indexFile, { force: true })
  await git.run(['read-tree', '--reset', '-u', commit], { gitDir, workTree, env: { GIT_INDEX_FILE: indexFile } })
  if (place.gitDir !== undefined) {
    const { remote } = transport
    const kept = { gitDir: place.gitDir, workTree, remote, submodules, ...(ref && { ref }) }
    await keepRepository(git, held, contents.objects, kept)
  }
  for (const submodule of submodules) await placeSubmodule(placing, transport, place, submodule)
}

async function placeSubmodule(placing: Placing, parent: Transport, around: Place, submodule: Submodule): Promise<void> {
  const { remote, relative } = submodule
  const place = placeOf(submodule, around, parent)
  const login = submodule.login ?? (relative ? parent.login : undefined)
  const transport = await openTransport(placing, remote, login, relative || isGithub(parent, remote))
  const gitDir = repositoryOf(placing.folder, transport.remote, submodule.commit)
  await withWhole(placing, gitDir, async () => {
    const held = await holdCommit(placing, transport, { object: submodule.commit })
    await placeCommit(placing, transport, held, place)
  })
}

function placeOf({ name, path: inside }: Submodule, around: Place, { address }: Transport): Place {
  if (!isRealFolder(around.workTree, inside)) throw submoduleError(`${shown(inside)} is no directory`, address)
  if (around.depth >= deepest) throw submoduleError(`submodules are in each other ${deepest} deep`, address)
  const place = { workTree: path.join(around.workTree, inside), depth: around.depth + 1 }
  if (around.gitDir === undefined) return place
  const gitDir = moduleFolder(around.gitDir, name)
  if (gitDir === undefined) throw submoduleError(`the name "${shown(name)}" is that of another submodule too`, address)
  return { ...place, gitDir }
}

/** GitHub takes a token for all its repositories, and BuildKit gives it to all of them. */
function isGithub({ remote }: Transport, other: string): boolean {
  return [remote, other].every((one) => one.startsWith('https://github.com/'))
}

/** Each piece of the way, from where git put the files. */
function isRealFolder(root: string, inside: string): boolean {
  const pieces = inside.split('/')
  return pieces.every((piece, index) => {
    if (piece === '' || piece === '.' || piece === '..') return false
    const stats = lstatSync(path.join(root, ...pieces.slice(0, index + 1)), { throwIfNoEntry: false })
    return stats?.isDirectory() === true
  })
}
