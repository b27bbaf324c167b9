import { mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, run } from './command.ts'
import type { Workload } from './workloads.ts'

/** Where a run of the benchmark works, all on one file system, and what is measured. */
export interface World {
  /** Of this run alone, and taken away after it: stores, and what floors write. */
  readonly folder: string
  /** Workloads, kept from one run to the next. */
  readonly shelf: string
  /** The Node that runs tsbuild, and the floor `node -e 0`. */
  readonly node: string
  /** The words that start tsbuild. */
  readonly tsbuild: readonly string[]
  /** Its `bin/tsbuild.js`. */
  readonly program: string
  /** What the program measured last has printed. */
  readonly log: string
}

/** Raised when the bytes of a workload change. */
const shelfVersion = 1

/** Makes the folders, for their owner alone, and takes away those of runs that are dead. */
export function openWorld(folder: string, program: string): World {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to somebody else: say --dir`)
  const own = join(folder, `run-${process.pid}`)
  for (const name of readdirSync(folder)) {
    const [, pid] = /^run-(\d+)$/.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true })
  }
  mkdirSync(own)
  const shelf = join(folder, `workloads-${shelfVersion}`)
  mkdirSync(shelf, { recursive: true })
  const node = process.execPath
  return { folder: own, shelf, node, tsbuild: [node, program], program, log: join(own, 'log') }
}

/** The folder of a workload, as `make` writes it. */
export function onShelf(world: World, workload: Workload): string {
  const folder = join(world.shelf, workload.name)
  const done = `${folder}.done`
  if (statSync(done, { throwIfNoEntry: false })) {
    workload.touch?.(folder, 0)
    return folder
  }
  const part = `${folder}.part`
  rmSync(part, { recursive: true, force: true })
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(part)
  workload.make(part)
  renameSync(part, folder)
  writeFileSync(done, '')
  return folder
}

/** Takes a workload away that is too large to be kept. */
export function offShelf(world: World, workload: Workload): void {
  rmSync(join(world.shelf, `${workload.name}.done`), { force: true })
  rmSync(join(world.shelf, workload.name), { recursive: true, force: true })
}

/** Bytes that may still be written where the world is. */
export function freeBytes(world: World): number {
  const { bavail, bsize } = statfsSync(world.folder)
  return bavail * bsize
}

/** tsbuild with a store of its own. */
export function tsbuildCommand(world: World, store: string, ...words: readonly string[]): Command {
  return { argv: [...world.tsbuild, ...words], env: { TSBUILD_ROOT: store } }
}

/** Takes files and folders away. A program does it, for what lies below may be many files. */
export async function remove(...paths: readonly string[]): Promise<void> {
  await run({ argv: ['rm', '-rf', '--', ...paths] })
}

/** Waits until all that was written is on the disk. */
export async function settle(): Promise<void> {
  await run({ argv: ['sync'] })
}

function isAlive(pid: number): boolean {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined
}
