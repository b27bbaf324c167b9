/**
 * Pulls and pushes an image beside `skopeo copy` and `buildah`, in turns, from and to a docker-registry of this machine:
 * `node bench/registry-clients.ts [--rounds N] [--megabytes N]`, after `node scripts/bundle.ts`. Prints medians and ratios.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { run, time } from './command.ts'
import { createRandom, fillWithNoise } from './random.ts'
import { startRegistry } from './registry.ts'

/** One of those that race. `push` and `pull` are told a name in the registry that was never used. */
interface Client {
  readonly name: string
  setUp(from: string): Promise<void>
  push(image: string, to: string): readonly string[]
  pull(from: string): readonly string[]
  /** Forgets what it pulled. */
  forget(): Promise<void>
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, megabytes: { type: 'string', default: '100' } },
})
const [rounds, megabytes] = [Number(values.rounds), Number(values.megabytes)]
const folder = mkdtempSync(join(tmpdir(), 'tsbuild-bench-registry-'))
const log = join(folder, 'log')
const program = [process.execPath, resolve(import.meta.dirname, '../bin/tsbuild.js')]

/** A large layer, half of it noise, and twenty small ones, as an archive that all read; and one with a layer more. */
async function makeImages(): Promise<{ readonly base: string; readonly next: string }> {
  const context = join(folder, 'context')
  mkdirSync(join(context, 'large'), { recursive: true })
  const random = createRandom(1)
  const noise = new Uint32Array(1 << 18)
  for (let i = 0; i < megabytes / 2; i++) {
    fillWithNoise(noise, i + 1)
    writeFileSync(join(context, 'large', `noise${i}`), noise)
    writeFileSync(join(context, 'large', `text${i}`), random.text(1 << 20))
  }
  const small = Array.from({ length: 20 }, (_, i) => `small${i}`)
  for (const name of small) writeFileSync(join(context, name), random.text(1 << 20))
  const lines = ['FROM scratch', 'COPY large /large', ...small.map((name) => `COPY ${name} /`)]
  writeFileSync(join(context, 'base'), `${lines.join('\n')}\n`)
  const tsbuild = [...program, '--root', join(folder, 'making')]
  const [base, next] = [join(folder, 'base.tar'), join(folder, 'next.tar')]
  await run({ argv: [...tsbuild, '-q', '-f', join(context, 'base'), '-o', `type=oci,dest=${base}`, context] })
  writeFileSync(join(context, 'edited'), `FROM oci-archive:${base}\nCOPY base /edited\n`)
  await run({ argv: [...tsbuild, '-q', '-f', join(context, 'edited'), '-o', `type=oci,dest=${next}`, context] })
  return { base, next }
}

function tsbuildClient(): Client {
  const root = (name: string) => ['--root', join(folder, 'tsbuild', name)]
  return {
    name: 'tsbuild',
    async setUp(archive) {
      for (const image of ['base', 'next']) {
        const file = archive.replace('base.tar', `${image}.tar`)
        await run({ argv: [...program, ...root('kept'), 'load', '-q', '-i', file] }).catch(() => '')
        const [id = ''] = (await run({ argv: [...program, ...root('kept'), 'images', '-q', '--no-trunc'] })).split('\n')
        await run({ argv: [...program, ...root('kept'), 'tag', id, image] })
      }
    },
    push: (image, to) => [...program, ...root('kept'), 'push', '-q', image, to],
    pull: (from) => [...program, ...root('pulled'), 'pull', '-q', from],
    forget: () => rm(join(folder, 'tsbuild', 'pulled'), { recursive: true, force: true }),
  }
}

function skopeoClient(): Client {
  const copy = ['skopeo', 'copy', '--quiet', '--insecure-policy']
  return {
    name: 'skopeo',
    async setUp(archive) {
      mkdirSync(join(folder, 'skopeo'), { recursive: true })
      for (const image of ['base', 'next']) {
        const file = archive.replace('base.tar', `${image}.tar`)
        await run({ argv: [...copy, `oci-archive:${file}`, `oci:${join(folder, 'skopeo', image)}`] })
      }
    },
    push: (image, to) => [...copy, '--dest-tls-verify=false', `oci:${join(folder, 'skopeo', image)}`, `docker://${to}`],
    pull: (from) => [...copy, '--src-tls-verify=false', `docker://${from}`, `oci:${join(folder, 'skopeo', 'pulled')}`],
    forget: () => rm(join(folder, 'skopeo', 'pulled'), { recursive: true, force: true }),
  }
}

/** Its storage is of files, as a builder has it: it packs what it pushes, and unpacks what it pulls. */
function buildahClient(): Client {
  const storage = (name: string) => {
    const place = join(folder, 'buildah', name)
    return ['buildah', '--root', `${place}/root`, '--runroot', `${place}/run`, '--storage-driver', 'vfs']
  }
  return {
    name: 'buildah',
    async setUp(archive) {
      for (const image of ['base', 'next']) {
        const file = archive.replace('base.tar', `${image}.tar`)
        const id = (await run({ argv: [...storage('kept'), 'pull', '--quiet', `oci-archive:${file}`] })).trim()
        await run({ argv: [...storage('kept'), 'tag', id, `localhost/${image}`] })
      }
    },
    push: (image, to) => [
      ...storage('kept'),
      'push',
      '--quiet',
      '--tls-verify=false',
      `localhost/${image}`,
      `docker://${to}`,
    ],
    pull: (from) => [...storage('pulled'), 'pull', '--quiet', '--tls-verify=false', from],
    async forget() {
      await rm(join(folder, 'buildah', 'pulled'), { recursive: true, force: true })
    },
  }
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** @returns seconds by task and client */
async function race(clients: readonly Client[]): Promise<Map<string, Map<string, number[]>>> {
  const found = new Map<string, Map<string, number[]>>()
  const note = (task: string, client: string, seconds: number) => {
    const row = found.get(task) ?? new Map<string, number[]>()
    found.set(task, row)
    row.set(client, [...(row.get(client) ?? []), seconds])
  }
  for (let round = 0; round < rounds; round++) {
    for (const client of round % 2 === 0 ? clients : [...clients].reverse()) {
      // What skopeo and buildah know of other repositories of a registry they take from there.
      const place = join(folder, `registry-${client.name}-${round}`)
      mkdirSync(place)
      await using registry = await startRegistry(place)
      const repository = `${registry.host}/bench/app`
      note('push', client.name, await time({ argv: client.push('base', `${repository}:1`) }, log))
      note('push again', client.name, await time({ argv: client.push('base', `${repository}:2`) }, log))
      note('push onto the base', client.name, await time({ argv: client.push('next', `${repository}:3`) }, log))
      await client.forget()
      note('pull', client.name, await time({ argv: client.pull(`${repository}:1`) }, log))
      await rm(place, { recursive: true, force: true })
    }
  }
  return found
}

try {
  const { base } = await makeImages()
  const clients = [tsbuildClient(), skopeoClient(), buildahClient()]
  for (const client of clients) await client.setUp(base)
  for (const [task, row] of await race(clients)) {
    const own = median(row.get('tsbuild') ?? [])
    const others = [...row].filter(([name]) => name !== 'tsbuild')
    const shown = others.map(([name, samples]) => {
      const seconds = median(samples)
      return `${name} ${seconds.toFixed(2)} s (tsbuild takes ${(own / seconds).toFixed(2)} of it)`
    })
    console.log(`${task}: tsbuild ${own.toFixed(2)} s, ${shown.join(', ')}`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
