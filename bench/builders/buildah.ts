import { join } from 'node:path'
import { baseNames } from '../base.ts'
import { CommandFailed, firstLine, run, time, timeUntil } from '../command.ts'
import type { Job } from '../job.ts'
import type { Contender } from '../measure.ts'
import { remove } from '../world.ts'
import { type Peer, peerRounds } from './peer.ts'

/** With a storage of its own, which is emptied of what was built between the rounds. */
export const buildah: Peer = {
  name: 'buildah',
  version: () => firstLine('buildah', '--version'),
  why: 'not installed',
  contender,
}

const image = 'localhost/tsbuild-bench:latest'

function contender(job: Job): Contender {
  const { world, mode, to, until } = job
  const folder = join(job.folder, 'buildah')
  const archive = join(job.folder, 'buildah.oci.tar')
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay']
  const buildah = (...words: readonly string[]) => ({ argv: ['buildah', ...storage, ...words] })
  const fetching = until === undefined ? ['--pull=never'] : ['--tls-verify=false']
  const cache = mode === 'cold' ? ['--no-cache'] : []
  const building = buildah('bud', '--isolation', 'chroot', '--layers', ...fetching, ...cache, '-t', image, job.context)
  const packing = buildah('push', '--quiet', image, `oci-archive:${archive}`)
  return {
    name: 'buildah',
    rounds: peerRounds,
    async setUp() {
      if (until !== undefined) return
      const id = (await run(buildah('pull', '--quiet', `oci-archive:${job.base.archive}`))).trim()
      await run(buildah('tag', id, ...baseNames.map((name) => `docker.io/library/${name}`)))
      if (mode !== 'cold') await run(building)
    },
    async before() {
      await remove(archive)
      if (mode === 'touch') job.touch()
      if (until !== undefined) await ignoreFailure(run(buildah('rmi', '--all', '--force')))
      else if (mode === 'cold') {
        await ignoreFailure(run(buildah('rmi', '--force', image)))
        await run(buildah('rmi', '--prune', '--force'))
      }
    },
    async once() {
      if (until !== undefined) return timeUntil(building, until)
      const built = await time(building, world.log)
      return to === 'oci' ? built + (await time(packing, world.log)) : built
    },
    tearDown: () => remove(folder, archive),
  }
}

/** There is nothing to take away in the first round. */
async function ignoreFailure(done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!(error instanceof CommandFailed)) throw error
  })
}
