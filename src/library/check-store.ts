import { realpathSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { checkCache } from '../cache/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { leftRunning } from '../executor/index.ts'
import type { CheckStoreOptions, Environment, StoreCheck, StoreFinding } from '../options.ts'
import { checkRemotes } from '../remote/index.ts'
import { type Finding, lookThrough, removeTree, type Store } from '../store/index.ts'
import { openSession } from './session.ts'

/**
 * Reads all of a store and says what is wrong in it. Nothing is changed without `repair`, and others may work in the store
 * meanwhile. With `repair`, what costs only time is removed, layers are fetched again where they came from, and damaged parts
 * of images that cannot be had again get another name; no image loses a name.
 * @throws {TsbuildError} TSB_STORE_BUSY for `repair` while others work in the store; TSB_STORE_UNSAFE, TSB_STORE_READ_ONLY
 */
export async function checkStore(
  { repair = false, signal = new AbortController().signal }: CheckStoreOptions,
  environment: Environment,
): Promise<StoreCheck> {
  const { now } = environment
  const started = now()
  const root = realPathOf(environment.root)
  if (root === undefined) return { root: environment.root, whole: true, findings: [], ...nothing, milliseconds: 0 }
  const reading = { signal, bytes: 0 }
  const store = await lookThrough(root, reading)
  if (repair && store.living.length > 0) throw busy(root, store.living.length)
  const cache = await checkCache(root, store, reading)
  const remotes = await checkRemotes(root, reading)
  const running = await runningLeft(store.dead.map((id) => path.join(root, 'tmp', id)))
  const found = [...store.findings, ...cache.findings, ...remotes, ...running]
  const findings = repair ? await mendAll(found, root, environment, signal) : found.map(shown)
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

function busy(root: string, count: number): TsbuildError {
  return new TsbuildError(
    'TSB_STORE_BUSY',
    `${count} other process${count > 1 ? 'es work' : ' works'} in the store ${root}`,
    {
      hint: 'repair it when they have ended',
    },
  )
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

/** Opening the store does what any start does: it sweeps. */
async function mendAll(
  found: readonly Finding[],
  root: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<readonly StoreFinding[]> {
  await using session = await openSession(environment, { signal })
  const mended: StoreFinding[] = []
  for (const finding of found) {
    signal.throwIfAborted()
    const done = await mend(finding, root, session.store)
    mended.push({ ...shown(finding), ...(done && { mended: done }) })
  }
  return mended
}

function shown({ mend: _, ...finding }: Finding): StoreFinding {
  return finding
}

async function mend({ mend, level }: Finding, root: string, store: Store): Promise<StoreFinding['mended']> {
  switch (mend?.kind) {
    case undefined:
      return undefined
    case 'start':
      return 'removed'
    case 'remove':
      return (await removeTree(path.join(root, mend.path))) ? 'removed' : undefined
    case 'aside':
      await rename(path.join(root, mend.path), path.join(root, `${mend.path}.damaged`))
      return level === 'loss' ? undefined : 'removed'
    case 'fetch':
      return fetchAgain(mend, root, store)
  }
}

/** What is damaged stays aside when it cannot be had now: the next build that reads the layer tries again. */
async function fetchAgain(
  { path: place, descriptor }: Extract<NonNullable<Finding['mend']>, { readonly kind: 'fetch' }>,
  root: string,
  { blobs }: Store,
): Promise<StoreFinding['mended']> {
  const aside = path.join(root, `${place}.damaged`)
  await rename(path.join(root, place), aside)
  try {
    await blobs.obtain(descriptor)
  } catch (error) {
    if (error instanceof TsbuildError) return undefined
    throw error
  }
  await rm(aside, { force: true })
  return 'fetched'
}
