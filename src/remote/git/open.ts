import path from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { type GitOp, isCommitId } from '../../graph/index.ts'
import { isLoopbackHost } from '../../http/index.ts'
import { makeFolder } from '../../make-folder.ts'
import type { RemoteOptions, Remotes } from '../remotes.ts'
import type { RemoteAddress } from './address.ts'
import { checkOut } from './checkouts.ts'
import { gitEnvironment } from './environment.ts'
import { checkChecksum } from './held.ts'
import { gitProgram } from './program.ts'
import { type FoundRef, findRef } from './refs.ts'
import { openTransport, type Transport } from './transport.ts'
import { checkoutTree, repositoryFolder } from './tree.ts'

/** Fetches commits with the git of this machine. Nothing is started before something is asked. */
export function openGit(options: RemoteOptions): Remotes['git'] {
  const folder = path.join(options.folder, 'git')
  const env = gitEnvironment(options.env, folder)
  return async (op, login, signal) => {
    makeFolder(folder, 0o700)
    const session = { git: gitProgram(folder, env, signal), folder, options, signal }
    const transport = await openTransport(session, op.remote, login, true)
    warnUnencrypted(transport.address, options.notice)
    const found = await findCommit(op, transport)
    const keepGitDir = op.keepGitDir && op.subdir === undefined
    const wanted = { found, submodules: op.submodules, keepGitDir }
    const { directory, commit, time } = await checkOut(session, transport, wanted)
    checkChecksum(op.checksum, [...new Set([found.object, commit])], op.remote)
    const tree = checkoutTree(directory, op.mtime === 'commit' ? time : undefined)
    return { tree: op.subdir === undefined ? tree : repositoryFolder(tree, op.subdir, op.remote), commit, time }
  }
}

/** Checked as early as it can be: before anything is fetched, when the server says which commit it is. */
async function findCommit(op: GitOp, transport: Transport): Promise<FoundRef> {
  if (op.fetchByCommit) return byChecksum(op)
  const found = await findRef(transport, op.ref)
  if (found.commit !== undefined) checkChecksum(op.checksum, [...new Set([found.object, found.commit])], op.remote)
  return found
}

function byChecksum({ checksum = '', ref, remote }: GitOp): FoundRef {
  if (!isCommitId(checksum)) {
    throw new TsbuildError('TSB_GIT_REFERENCE', `fetch-by-commit needs a full commit id as checksum: ${remote}`, {
      hint: 'add &checksum=ID, 40 digits',
    })
  }
  return { object: checksum, pinned: true, ...(ref?.startsWith('refs/') && { name: ref }) }
}

function warnUnencrypted({ scheme, host, origin }: RemoteAddress, notice: RemoteOptions['notice']): void {
  if (scheme !== 'git' && scheme !== 'http') return
  if (isLoopbackHost(host.replace(/:\d*$/, ''))) return
  notice(`${origin} is not encrypted: whoever is on the way can change what is fetched`)
}
