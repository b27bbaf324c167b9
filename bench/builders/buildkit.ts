import { join } from 'node:path'
import { baseNames } from '../base.ts'
import { firstLine, run, time } from '../command.ts'
import type { Job } from '../job.ts'
import type { Contender } from '../measure.ts'
import { remove } from '../world.ts'
import { type Peer, peerRounds } from './peer.ts'

const image = 'tsbuild-bench:latest'

/** Docker's builder, into the store of its daemon. */
export const buildx: Peer = {
  name: 'docker buildx',
  why: 'not installed, or no daemon answers',
  version: async () =>
    (await firstLine('docker', 'info', '--format', '{{.ServerVersion}}')) && firstLine('docker', 'buildx', 'version'),
  contender: (job) => contender(job, 'docker buildx', buildxWords),
}

/** BuildKit by itself. It has no store of images: what goes to one elsewhere is a plain OCI archive here. */
export const buildctl: Peer = {
  name: 'buildctl',
  why: 'not installed, or no buildkitd answers',
  version: async () => (await firstLine('buildctl', 'debug', 'workers')) && firstLine('buildctl', '--version'),
  contender: (job) => contender(job, 'buildctl', buildctlWords),
}

/** The daemon keeps what it built; nothing of it is taken away, for it may not be ours. */
function contender(job: Job, name: string, words: Words): Contender | undefined {
  if (job.until !== undefined || job.mode === 'again') return undefined
  const archive = join(job.folder, `${name.replace(' ', '-')}.oci.tar`)
  const command = { argv: words(job, archive) }
  return {
    name,
    rounds: peerRounds,
    async setUp() {
      await run({ argv: words({ ...job, mode: 'noop' }, archive) })
    },
    async before() {
      if (job.mode === 'touch') job.touch()
      await remove(archive)
    },
    once: () => time(command, job.world.log),
    tearDown: () => remove(archive),
  }
}

type Words = (job: Job, archive: string) => readonly string[]

/** The base comes by named contexts, so that no image of the daemon gets another meaning. */
function buildxWords({ base, mode, to, context }: Job, archive: string): readonly string[] {
  const from = `oci-layout://${base.layout.folder}@${base.layout.manifestDigest}`
  const bases = baseNames.flatMap((name) => ['--build-context', `${name}=${from}`])
  const output = to === 'oci' ? ['--output', `type=oci,dest=${archive}`] : ['--load']
  const cache = mode === 'cold' ? ['--no-cache'] : []
  return ['docker', 'buildx', 'build', '--progress', 'plain', ...cache, ...bases, '-t', image, ...output, context]
}

function buildctlWords({ base, mode, to, context }: Job, archive: string): readonly string[] {
  const from = `oci-layout://base@${base.layout.manifestDigest}`
  const local = ['context', 'dockerfile'].flatMap((name) => ['--local', `${name}=${context}`])
  const bases = baseNames.flatMap((name) => ['--opt', `context:${name}=${from}`])
  const output = ['--output', `type=oci,dest=${archive}${to === 'oci' ? '' : ',compression=uncompressed'}`]
  const cache = mode === 'cold' ? ['--no-cache'] : []
  const frontend = ['--frontend', 'dockerfile.v0', ...local, '--oci-layout', `base=${base.layout.folder}`]
  return ['buildctl', 'build', '--progress', 'plain', ...cache, ...frontend, ...bases, ...output]
}
