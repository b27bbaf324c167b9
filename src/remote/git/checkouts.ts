import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hexOf, sha256 } from '../../digest/index.ts'
import { isSystemError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import type { RemoteOptions } from '../remotes.ts'
import { checkoutLimits } from './contents.ts'
import { explained } from './failure.ts'
import { holdCommit, remoteFolder } from './held.ts'
import { placeCommit } from './place.ts'
import type { GitProgram } from './program.ts'
import type { FoundRef } from './refs.ts'
import type { Transport } from './transport.ts'

/** Files of a commit on this machine. They belong to the cache: nobody changes them. */
export interface CheckoutFiles {
  readonly directory: string
  readonly commit: string
  /** Seconds since 1970. */
  readonly time: number
}

/** What of a commit is wanted. */
export interface Wanted {
  readonly found: FoundRef
  readonly submodules: boolean
  readonly keepGitDir: boolean
}

/**
 * The files of a commit, from an earlier build when it had them out the same way. They are made aside, and renamed when
 * they are whole.
 * @throws {TsbuildError} those of `placeCommit`
 */
export async function checkOut(
  git: GitProgram,
  transport: Transport,
  wanted: Wanted,
  folder: string,
  options: RemoteOptions,
  signal: AbortSignal,
): Promise<CheckoutFiles> {
  const place = path.join(remoteFolder(folder, transport.remote), 'trees', nameOf(wanted))
  const make = async (): Promise<CheckoutFiles> => {
    const earlier = await readEarlier(place)
    if (earlier) return earlier
    const { found, submodules, keepGitDir } = wanted
    const held = await holdCommit(git, transport, found, folder, options.locked, signal)
    const part = `${place}.part`
    await rm(part, { recursive: true, force: true })
    const workTree = path.join(part, 'files')
    makeFolder(workTree, 0o700)
    const placing = {
      git,
      folder,
      options,
      signal,
      submodules,
      budget: { ...checkoutLimits },
      indexFile: `${part}/index`,
    }
    const kept = keepGitDir ? { gitDir: path.join(workTree, '.git'), ...(found.name && { ref: found.name }) } : {}
    await explained(transport.remote, transport.access, () =>
      placeCommit(placing, transport, held, { workTree, depth: 0, ...kept }),
    )
    await rm(placing.indexFile, { force: true })
    await writeFile(path.join(part, recordName), JSON.stringify({ commit: held.commit, time: held.time }))
    await rename(part, place)
    return { directory: path.join(place, 'files'), commit: held.commit, time: held.time }
  }
  return (await readEarlier(place)) ?? options.locked(`git tree ${place}`, make, signal)
}

/** A `.git` that is kept says by which ref it came. */
function nameOf({ found, submodules, keepGitDir }: Wanted): string {
  const kept = keepGitDir ? `.git-${hexOf(sha256(`${found.object} ${found.name ?? ''}`)).slice(0, 16)}` : ''
  return `${found.commit ?? found.object}${submodules ? '' : '.alone'}${kept}`
}

const recordName = 'commit.json'

async function readEarlier(place: string): Promise<CheckoutFiles | undefined> {
  try {
    const { commit, time } = JSON.parse(await readFile(path.join(place, recordName), 'utf8'))
    return { directory: path.join(place, 'files'), commit: String(commit), time: Number(time) }
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return undefined
    throw error
  }
}
