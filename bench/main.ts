/** The benchmark: `npm run bench`. What it measures and how: docs/performance.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import path from 'node:path'
import { openBase, usualBase } from './base.ts'
import { buildah } from './builders/buildah.ts'
import { buildctl, buildx } from './builders/buildkit.ts'
import type { Peer } from './builders/peer.ts'
import { type Case, cases } from './cases.ts'
import { type Flags, parseFlags, usage } from './flags.ts'
import { describeMachine, describePrograms, versionIn } from './machine.ts'
import { isFailure } from './measure.ts'
import { asPlainPage, writeInto } from './print.ts'
import type { Setting } from './race.ts'
import type { Report, Result, Skipped } from './report.ts'
import { runCase } from './run-case.ts'
import { median } from './statistics.ts'
import { inSeconds } from './table.ts'
import { workload, workloads } from './workloads.ts'
import { freeBytes, offShelf, openWorld, remove, type World } from './world.ts'

const root = path.resolve(import.meta.dirname, '..')

async function main(flags: Flags): Promise<number> {
  if (flags.help) return say(usage)
  if (flags.list) return say(listed())
  if (flags.from !== undefined) return show(readReport(flags.from), flags)
  const chosen = choose(flags)
  const program = path.resolve(flags.program ?? path.join(root, 'bin/tsbuild.js'))
  const dist = path.join(path.dirname(program), '../dist')
  // An earlier program to compare with has its bundle under another name.
  const isBundled = ['cli.cjs', 'cli.js'].some((name) => existsSync(path.join(dist, name)))
  if (!isBundled) throw new Error(`there is no bundle in ${dist}: run npm run build first`)
  const world = openWorld(flags.dir ?? process.env['TSBUILD_BENCH_DIR'] ?? '/var/tmp/tsbuild-bench', program)
  try {
    return show(await runAll(world, chosen, flags), flags)
  } finally {
    for (const one of workloads) if (one.passing) offShelf(world, one)
    await remove(world.folder)
  }
}

/** @throws {Error} when that is none, or a name is wrong */
function choose({ only, modes, rounds }: Flags): readonly Case[] {
  for (const name of only ?? []) workload(name)
  const known = [...new Set<string>(cases.map(({ mode }) => mode))]
  const wrong = modes?.find((mode) => !known.includes(mode))
  if (wrong !== undefined) throw new Error(`no mode ${wrong}: there are ${known.join(', ')}`)
  const chosen = cases.filter((one) => (only?.includes(one.workload) ?? true) && (modes?.includes(one.mode) ?? true))
  if (chosen.length === 0) throw new Error('none of these workloads has one of these modes: see --list')
  return chosen.map((one) => (rounds === undefined || one.rounds === 0 ? one : { ...one, rounds }))
}

/** @throws {Error} when it is not what `--json` writes */
function readReport(file: string): Report {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    if (report.format === 1) return report
  } catch (error) {
    throw new Error(`--from ${file}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
  throw new Error(`--from ${file}: that is not what --json writes`)
}

async function runAll(world: World, chosen: readonly Case[], flags: Flags): Promise<Report> {
  const skipped: Skipped[] = []
  const results: Result[] = []
  const { present, versions } = await findPeers(flags.peers ? [buildah, buildx, buildctl] : [], skipped)
  const before = loadavg()[0] ?? 0
  const about = {
    format: 1 as const,
    date: new Date().toISOString(),
    machine: await describeMachine(world),
    versions: { ...(await describePrograms(world)), ...versions },
  }
  const base = await openBase(world, root, usualBase(root))
  const setting: Setting = { world, base, peers: present }
  const report = (): Report => ({ ...about, load: [before, loadavg()[0] ?? 0], results, skipped })
  for (const its of chosen) {
    const name = `${its.workload} ${its.mode} ${its.to}`
    process.stderr.write(`${name} … `)
    const done = await attempt(setting, its)
    if ('why' in done) skipped.push({ name, why: done.why })
    else results.push(done)
    process.stderr.write(`${'why' in done ? done.why : briefly(done)}\n`)
    if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report(), undefined, 1)}\n`)
  }
  return report()
}

async function findPeers(peers: readonly Peer[], skipped: Skipped[]) {
  const present: Peer[] = []
  const versions: Record<string, string> = {}
  for (const peer of peers) {
    const version = await peer.version()
    if (version) {
      present.push(peer)
      versions[peer.name] = versionIn(version)
    } else skipped.push({ name: peer.name, why: peer.why })
  }
  return { present, versions }
}

async function attempt(setting: Setting, its: Case): Promise<Result | { readonly why: string }> {
  const what = workload(its.workload)
  const free = freeBytes(setting.world)
  if (free < what.room) return { why: `${gibibytes(free)} are free, it needs ${gibibytes(what.room)}` }
  try {
    return await runCase(setting, what, its)
  } catch (error) {
    if (!isFailure(error)) throw error
    return { why: error.message }
  }
}

function show(report: Report, { write }: Flags): number {
  say(`${asPlainPage(report)}\n`)
  if (write !== undefined) writeInto(write, report)
  return report.results.some(({ tsbuild }) => tsbuild.failure !== undefined) ? 1 : 0
}

function briefly({ tsbuild, memory }: Result): string {
  if (tsbuild.failure !== undefined) return `failed: ${tsbuild.failure}`
  const peak = memory ? `, ${Math.round(memory.bytes / 1e6)} MB` : ''
  return `${inSeconds(median(tsbuild.samples))}${peak}`
}

function listed(): string {
  return workloads
    .map(({ name, words }) => {
      const its = cases.filter((one) => one.workload === name)
      const modes = its.map(({ mode, to }) => (to === 'oci' ? `${mode} (OCI archive)` : mode))
      return `${name.padEnd(9)}${words}: ${modes.join(', ')}\n`
    })
    .join('')
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}

try {
  process.exitCode = await main(parseFlags(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof Error) || process.env['TSBUILD_DEBUG']) throw error
  process.stderr.write(`ERROR: ${error.message}\n`)
  process.exitCode = 1
}
