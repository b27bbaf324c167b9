import { rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hexOf, seal, sha256 } from '../../digest/index.ts'
import { makeFolder } from '../../make-folder.ts'
import { signsOf } from '../../tree/index.ts'
import { checkoutBudget } from './contents.ts'
import { type CheckoutFiles, readEarlier, recordName } from './earlier.ts'
import { explained } from './failure.ts'
import { holdCommit, remoteFolder, repositoryOf } from './held.ts'
import { placeCommit } from './place.ts'
import type { FoundRef } from './refs.ts'
import type { GitSession } from './session.ts'
import type { Transport } from './transport.ts'
import { withWhole } from './whole.ts'

/** What of a commit is wanted. */
export interface Wanted {
  readonly found: FoundRef
  readonly submodules: boolean
  readonly keepGitDir: boolean
}

/**
 * The files of a commit, from an earlier build when it had them out the same way.
 * @throws {TsbuildError} those of `placeCommit`
 */
export async function checkOut(session: GitSession, transport: Transport, wanted: Wanted): Promise<CheckoutFiles> {
  const { options, folder, signal } = session
  const place = path.join(remoteFolder(folder, transport.remote), 'trees', nameOf(wanted))
  const hint = `when it happens again, delete ${remoteFolder(folder, transport.remote)}`
  const gitDir = repositoryOf(folder, transport.remote, wanted.found.object)
  const fresh = () => withWhole(session, gitDir, () => makeFiles(session, transport, wanted, place))
  const make = async () => (await readEarlier(place)) ?? explained(transport.remote, transport.access, fresh, hint)
  return (await readEarlier(place)) ?? options.locked(`git tree ${place}`, make, signal)
}

/**
 * The name is that of the object, whose id says all that is in it: what a server says of a tag may not be so. A `.git` that
 * is kept also says by which ref it came.
 */
function nameOf({ found, submodules, keepGitDir }: Wanted): string {
  const kept = keepGitDir ? `.git-${hexOf(sha256(found.name ?? '')).slice(0, 16)}` : ''
  return `${found.object}${submodules ? '' : '.alone'}${kept}`
}

/** They are made aside, and renamed when they are whole: what is there cannot be read. */
async function makeFiles(
  session: GitSession,
  transport: Transport,
  { found, submodules, keepGitDir }: Wanted,
  place: string,
): Promise<CheckoutFiles> {
  const held = await holdCommit(session, transport, found)
  const { commit, time } = held
  const part = `${place}.part`
  await rm(part, { recursive: true, force: true })
  const workTree = path.join(part, 'files')
  makeFolder(workTree, 0o700)
  const budget = checkoutBudget(session.options.limits)
  const placing = { ...session, submodules, budget, indexFile: path.join(part, 'index') }
  const kept = keepGitDir ? { gitDir: path.join(workTree, '.git'), ...(found.name && { ref: found.name }) } : {}
  await placeCommit(placing, transport, held, { workTree, depth: 0, ...kept })
  await rm(placing.indexFile, { force: true })
  await writeFile(path.join(part, recordName), seal(JSON.stringify({ commit, time, signs: signsOf(workTree) })))
  await rm(place, { recursive: true, force: true })
  await rename(part, place)
  return { directory: path.join(place, 'files'), commit, time }
}
