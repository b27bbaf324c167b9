/**
 * What a shared cache saves: bytes between machines and registry, and seconds, for the `small` workload on Debian.
 * `node scripts/bundle.ts && node bench/shared-cache.ts DEBIAN.tar`, as root; the tar is a root file system. Needs docker-registry.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from './command.ts'
import { startRegistry } from './registry.ts'
import { median } from './statistics.ts'
import { workloads } from './workloads.ts'

const program = resolve(import.meta.dirname, '../bin/tsbuild.js')
const [debian] = process.argv.slice(2)
if (debian === undefined) throw new Error('name a tar of a Debian root file system')

/** What a scenario came to. */
interface Row {
  readonly what: string
  /** Bytes from the registry, and to it. */
  readonly down: number
  readonly up: number
  readonly seconds: number
  /** Steps that were had from the shared cache. */
  readonly hits: number
}

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-bench-cache-'))
const rows: Row[] = []
try {
  await using registry = await startRegistry(folder)
  const wire = await startWire(registry.host)
  const base = `${wire.host}/library/debian:bookworm`
  const context = join(folder, 'context')
  const small = workloads.find(({ name }) => name === 'small')
  if (!small) throw new Error('no workload small')
  mkdirSync(context)
  small.make(context)
  const dockerfile = join(context, 'Dockerfile')
  writeFileSync(dockerfile, readFileSync(dockerfile, 'utf8').replace('debian:bookworm', base))

  let count = 0
  /** A machine with an empty store. */
  const machine = () => {
    const place = join(folder, `machine-${count++}`)
    mkdirSync(place)
    return place
  }
  const measure = async (what: string, work: () => Promise<readonly string[]>) => {
    const [down, up, started] = [wire.down(), wire.up(), performance.now()]
    const printed = await work()
    const hits = printed.join('\n').match(/CACHED from /g)?.length ?? 0
    const seconds = (performance.now() - started) / 1000
    const row = { what, down: wire.down() - down, up: wire.up() - up, seconds, hits }
    rows.push(row)
    console.log(`${what}\t${inMB(row.down)} down\t${inMB(row.up)} up\t${row.seconds.toFixed(2)} s\t${hits} hits`)
  }
  const ref = `${wire.host}/app:cache`
  const build = (place: string, from: string, tag: string, ...words: readonly string[]) =>
    tsbuild(place, 'build', '--progress=plain', '--push', '-t', `${wire.host}/app:${tag}`, ...words, from)
  const cache = ['--cache-from', ref, '--cache-to', `type=registry,ref=${ref},mode=max`]
  /** The context with one file changed. */
  const edited = (version: number) => {
    const copy = join(folder, `context-${version}`)
    cpSync(context, copy, { recursive: true })
    small.touch?.(copy, version)
    return copy
  }

  const maker = machine()
  await tsbuild(maker, 'import', debian, base)
  await tsbuild(maker, 'push', base)

  await measure('cold, no cache there', async () => [await build(machine(), context, '1', ...cache)])
  await measure('records alone, asked twice by hand', async () => [await records(ref), await records(ref)])
  await measure('cold machine, warm cache, nothing changed, pushed', async () => [
    await build(machine(), context, '2', '--cache-from', ref),
  ])
  const warm = machine()
  const noPush = (place: string, ...words: readonly string[]) =>
    tsbuild(place, 'build', '--progress=plain', '-t', 'app', ...words, context)
  await measure('the same, not pushed', async () => [await noPush(warm, '--cache-from', ref)])
  await measure('start, and the manifest of the base (--call=check)', async () => [
    await tsbuild(machine(), 'build', '--progress=plain', '--call=check', context),
  ])
  const readers: readonly [string, () => Promise<string>][] = [
    ['records alone, by skopeo', () => skopeoRecords(ref)],
    ['cold machine, warm cache, nothing changed', () => noPush(machine(), '--cache-from', ref)],
  ]
  for (const delay of [0, 10, 50]) {
    wire.delay(delay)
    for (const [what, read] of readers) {
      await read()
      const taken: number[] = []
      for (let run = 0; run < 9; run++) {
        const started = performance.now()
        await read()
        taken.push(performance.now() - started)
      }
      console.log(`${2 * delay} ms there and back\t${what}\tmedian ${Math.round(median(taken))} ms`)
    }
  }
  wire.delay(0)
  await measure('cold machine, warm cache, one file of src changed', async () => [
    await build(machine(), edited(1), '3', ...cache),
  ])
  await measure('a new layer on the base, pushed', async () => {
    const link = join(folder, 'link')
    mkdirSync(link)
    writeFileSync(join(link, 'Dockerfile'), `FROM ${base}\nCOPY --link file /\n`)
    writeFileSync(join(link, 'file'), 'x'.repeat(10_000))
    return [await build(machine(), link, '4')]
  })
  const eight = [1, 2, 3, 4, 5, 6, 7, 8]
  await measure('8 cold machines at once, the same commit', () =>
    all(eight.map((at) => build(machine(), context, `same-${at}`, ...cache))),
  )
  await measure('8 cold machines at once, 8 commits, all written', () =>
    all(eight.map((at) => build(machine(), edited(10 + at), `other-${at}`, ...cache))),
  )
  await measure('8 cold machines at once, those 8 commits again', async () => {
    return all(eight.map((at) => build(machine(), join(folder, `context-${10 + at}`), `again-${at}`, ...cache)))
  })
  wire.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`\n| what | from the registry | to it | seconds | hits |\n|---|---|---|---|---|`)
for (const { what, down, up, seconds, hits } of rows) {
  console.log(`| ${what} | ${inMB(down)} | ${inMB(up)} | ${seconds.toFixed(2)} | ${hits} |`)
}

async function records(ref: string): Promise<string> {
  const [, host = '', repository = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(ref) ?? []
  const accept = 'application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, { headers: { accept } })
  const manifest = (await answer.json()) as { config: { digest: string } }
  return (await fetch(`http://${host}/v2/${repository}/blobs/${manifest.config.digest}`)).text()
}

/** Waits for all of them, also when one fails. */
async function all<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** Manifest and records, by the client that a job would read them with. */
async function skopeoRecords(ref: string): Promise<string> {
  return run({ argv: ['skopeo', 'inspect', '--tls-verify=false', '--config', '--raw', `docker://${ref}`] })
}

async function tsbuild(place: string, ...words: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: place,
    TSBUILD_ROOT: join(place, 'store'),
    NODE_COMPILE_CACHE: join(tmpdir(), 'tsbuild-bench-node'),
  }
  const child = spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  }
  const [status] = (await once(child, 'close')) as [number | null]
  if (status === 0) return text
  throw new Error(`tsbuild ${words.join(' ')} ended with ${status}:\n${text}`)
}

/** Passes bytes on to a server, and counts them. */
async function startWire(target: string) {
  const [host, port] = target.split(':')
  let [down, up] = [0, 0]
  let delay = 0
  const carry = (from: Socket, to: Socket) => {
    from.on('data', (bytes) => void setTimeout(() => to.write(bytes), delay))
    from.on('end', () => void setTimeout(() => to.end(), delay))
  }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const remote = connect(Number(port), host)
    for (const socket of [client, remote]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (bytes) => {
      up += bytes.length
    })
    remote.on('data', (bytes) => {
      down += bytes.length
    })
    carry(client, remote)
    carry(remote, client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${bound.port}`,
    down: () => down,
    up: () => up,
    delay(milliseconds: number) {
      delay = milliseconds
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function inMB(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`
}
