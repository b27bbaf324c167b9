/**
 * What a shared cache saves: bytes between machines and registry, and seconds, for the `small` workload on Debian.
 * `node scripts/bundle.ts && node bin/warm-up.js && node bench/shared-cache.ts DEBIAN.tar`, as root; the tar is a root file system.
 * Needs docker-registry.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tsbuildOn } from './ci-machine.ts'
import { startRegistry } from './registry.ts'
import { startWire } from './wire.ts'
import { workloads } from './workloads.ts'

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
    tsbuildOn(place, 'build', '--progress=plain', '--push', '-t', `${wire.host}/app:${tag}`, ...words, from)
  const cache = ['--cache-from', ref, '--cache-to', `type=registry,ref=${ref},mode=max`]
  /** The context with one file changed. */
  const edited = (version: number) => {
    const copy = join(folder, `context-${version}`)
    cpSync(context, copy, { recursive: true })
    small.touch?.(copy, version)
    return copy
  }

  const maker = machine()
  await tsbuildOn(maker, 'import', debian, base)
  await tsbuildOn(maker, 'push', base)

  await measure('cold, no cache there', async () => [await build(machine(), context, '1', ...cache)])
  await measure('records alone, asked twice by hand', async () => [await records(ref), await records(ref)])
  await measure('cold machine, warm cache, nothing changed, pushed', async () => [
    await build(machine(), context, '2', '--cache-from', ref),
  ])
  const warm = machine()
  await measure('the same, not pushed', async () => [
    await tsbuildOn(warm, 'build', '--progress=plain', '-t', 'app', '--cache-from', ref, context),
  ])
  await measure('start, and the manifest of the base (--call=check)', async () => [
    await tsbuildOn(machine(), 'build', '--progress=plain', '--call=check', context),
  ])
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

function inMB(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`
}
