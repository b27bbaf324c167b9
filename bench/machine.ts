import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { firstLine } from './command.ts'
import type { World } from './world.ts'

/** Where it was measured. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  /** In bytes. */
  readonly memory: number
  readonly kernel: string
  readonly system: string
  /** Of the folder in which the benchmark works. */
  readonly filesystem: string
  readonly node: string
}

export async function describeMachine(world: World): Promise<Machine> {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    system: system ?? 'unknown',
    filesystem: (await firstLine('findmnt', '-n', '-o', 'FSTYPE', '-T', world.folder)) ?? 'unknown',
    node: process.version,
  }
}

/** What the programs say of themselves that floors and tsbuild use; those that are not there are left out. */
export async function describePrograms(world: World): Promise<Readonly<Record<string, string>>> {
  const asked = {
    tsbuild: [...world.tsbuild, 'version'],
    commit: ['git', '-C', dirname(world.program), 'describe', '--always', '--dirty'],
    runc: ['runc', '--version'],
    crun: ['crun', '--version'],
    tar: ['tar', '--version'],
    pigz: ['pigz', '--version'],
    curl: ['curl', '--version'],
    'docker-registry': ['docker-registry', '--version'],
  }
  const found: Record<string, string> = {}
  for (const [name, argv] of Object.entries(asked)) {
    const line = await firstLine(...argv)
    if (line) found[name] = name === 'commit' ? line : versionIn(line)
  }
  return found
}

/** The number in what a program says of itself: `1.28.2` of `buildah version 1.28.2 (image-spec …)`. */
export function versionIn(line: string): string {
  return /\d+(?:\.\d+)+[\w+.-]*/.exec(line)?.[0] ?? line
}
