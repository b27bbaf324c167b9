import { realpathSync } from 'node:fs'
import path from 'node:path'
import { checkBuilds } from '../builds/index.ts'
import { checkCache } from '../cache/index.ts'
import { isSystemError } from '../errors.ts'
import { leftRunning } from '../executor/index.ts'
import { checkKept } from '../kept/index.ts'
import type { Environment } from '../options.ts'
import { checkRemotes } from '../remote/index.ts'
import { type Finding, lookThrough } from '../store/index.ts'
import type { CheckStoreOptions, StoreCheck, StoreFinding } from '../upkeep.ts'
import { mendStore } from './mend-store.ts'

/**
 * Reads all of a store and says what is wrong in it. Nothing is changed without `repair`, and others may work in the store
 * meanwhile. With `repair`, what costs only time is removed, layers are fetched again where they came from, and damaged parts
 * of images that cannot be had again get another name; no image loses a name.
 * @throws {TsbuildError} TSB_STORE_VERSION; TSB_STORE_BUSY for `repair` while others have the store open, TSB_STORE_UNSAFE,
 *   TSB_STORE_READ_ONLY
 */
export async function checkStore(
  { repair = false, signal = new AbortController().signal }: CheckStoreOptions,
  environment: Environment,
): Promise<StoreCheck> {
  const { now } = environment
  const started = now()
  const root = realPathOf(environment.root)
  if (root === undefined) return { root: environment.root, whole: true, findings: [], ...nothing, milliseconds: 0 }
  const reading = { signal, bytes: 0, seen: new Map<string, string>() }
  const store = await lookThrough(root, reading)
  const cache = await checkCache(root, store, reading)
  const remotes = await checkRemotes(root, reading)
  const kept = await checkKept(root, reading)
  const builds = await checkBuilds(root, reading, now())
  const running = await runningLeft(store.dead.map((id) => path.join(root, 'tmp', id)))
  const found = [...store.findings, ...cache.findings, ...remotes, ...builds, ...kept, ...running]
  const findings = repair ? await mendStore(found, environment, reading) : found.map(shown)
  return {
    root,
    whole: !findings.some(({ level, mended }) => level === 'loss' && !mended),
    findings,
    images: store.images,
    blobs: store.blobs.size,
    records: cache.records,
    bytesRead: reading.bytes,
    milliseconds: now() - started,
  }
}

const nothing = { images: 0, blobs: 0, records: 0, bytesRead: 0 }

function realPathOf(root: string): string | undefined {
  try {
    return realpathSync(root)
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

async function runningLeft(folders: readonly string[]): Promise<readonly Finding[]> {
  return (await leftRunning(folders)).map(({ kind, name, command }) => ({
    level: 'waste',
    kind: `${kind}-left`,
    path: name,
    message: `${name} is left of a step whose tsbuild was killed${command && `: ${command}`}`,
    hint: kind === 'cgroup' ? 'the next build with a RUN removes it' : 'end it, when it does not end by itself',
  }))
}

function shown({ mend: _, ...finding }: Finding): StoreFinding {
  return finding
}
