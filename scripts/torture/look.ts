import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreCheck } from '../../src/index.ts'
import { type Place, run } from './place.ts'

/** What a killed process may leave until the next one starts. */
const untilNextStart = new Set(['temporary-left', 'lock-left', 'cgroup-left'])

/** What `doctor --fsck` says that a kill must not be the cause of. */
export async function damage(place: Place): Promise<readonly string[]> {
  const ran = await run(place, 'doctor', '--fsck', '--format=json')
  if (ran.status !== 0 && ran.status !== 1) return [`fsck: exit ${ran.status}: ${ran.stderr}`]
  const { findings } = JSON.parse(ran.stdout) as StoreCheck
  const own = findings.filter(({ kind }) => !untilNextStart.has(kind) && !kind.endsWith('-helper-left'))
  return own.map(({ level, kind, message }) => `fsck: ${level} ${kind}: ${message}`)
}

/** Names of images with their ids, as the files of the store say: nothing is started for that, and so nothing swept. */
export function namesIn({ store }: Place): ReadonlyMap<string, string> {
  const layout = path.join(store, 'oci')
  const text = orNothing(() => readFileSync(path.join(layout, 'index.json'), 'utf8')) || '{"manifests":[]}'
  const { manifests } = JSON.parse(text) as { readonly manifests: readonly Entry[] }
  const named = manifests.flatMap(({ digest, annotations }) => {
    const name = /^docker\.io\/library\/(build-.*):latest$/.exec(annotations?.['io.containerd.image.name'] ?? '')?.[1]
    return name === undefined ? [] : [[name, idOf(layout, digest)] as const]
  })
  return new Map(named)
}

interface Entry {
  readonly digest: string
  readonly annotations?: Readonly<Record<string, string>>
}

function idOf(layout: string, digest: string): string {
  const file = path.join(layout, 'blobs/sha256', digest.slice('sha256:'.length))
  const text = orNothing(() => readFileSync(file, 'utf8')) || '{"config":{"digest":"lost"}}'
  return (JSON.parse(text) as { readonly config: { readonly digest: string } }).config.digest
}

/** What is left of dead processes though another one has started since. Asked again for a while: processes end by and by. */
export async function leftovers(place: Place): Promise<readonly string[]> {
  let left: readonly string[] = []
  for (let tries = 0; tries < 40; tries++) {
    left = lookAround(place)
    if (left.length === 0) break
    await sleep(50)
  }
  return left
}

function lookAround({ folder, store }: Place): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  return [
    ...namesBelow(path.join(store, 'tmp')).map((name) => `left: tmp/${name}`),
    ...namesBelow(path.join(store, 'locks')).map((name) => `left: locks/${name}`),
    ...namesBelow(path.join(folder, 'out'))
      .filter((name) => !/^build-\d-\d\.tar$/.test(name))
      .map((name) => `left: out/${name}`),
    ...mounts.filter((line) => line.includes(folder)).map((line) => `left: mount ${line}`),
    ...processesIn(folder).map((line) => `left: process ${line}`),
  ]
}

/** Those that have the folder on their command line, work in it, or see a mount of it. */
function processesIn(folder: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  return pids.flatMap((pid) => {
    const words = orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'latin1')).replaceAll('\0', ' ')
    const cwd = orNothing(() => readlinkSync(`/proc/${pid}/cwd`))
    const mounts = orNothing(() => readFileSync(`/proc/${pid}/mountinfo`, 'latin1'))
    return [words, cwd, mounts].some((text) => text.includes(folder)) ? [`${pid} ${words}`] : []
  })
}

function namesBelow(folder: string): readonly string[] {
  return orNothing(() => readdirSync(folder).join('\n'))
    .split('\n')
    .filter(Boolean)
}

/** It ended while we looked, or was never there. */
function orNothing(look: () => string): string {
  try {
    return look()
  } catch {
    return ''
  }
}
