import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache } from '../../cache/index.ts'
import { isSystemError } from '../../errors.ts'
import type { Mount, Plan } from '../../graph/index.ts'
import { lockFile } from '../../syscalls/index.ts'
import { type Change, rootPath, treePath, unpackTar, walkApart, writeTar } from '../../tree/index.ts'
import type { OpContext } from '../ops/op-executor.ts'
import { mountSource } from './bind.ts'
import type { PreparedMount } from './mount.ts'
import { giveAway } from './owner.ts'

type CacheMount = Extract<Mount, { kind: 'cache' }>

/** Milliseconds between two looks at a cache that another build holds. */
const lockInterval = 50

/** The caches that a RUN has while it runs, each once. */
export interface HeldCaches {
  directoryOf(mount: CacheMount): string
  /** Lets others have them. */
  release(): Promise<void>
}

/**
 * Takes the caches of a RUN. `locked` waits for other builds, `private` takes one that nobody uses. All take them in the same
 * order, whatever the order of the mounts, so that no two wait for each other.
 */
export async function holdCaches(mounts: readonly Mount[], context: OpContext): Promise<HeldCaches> {
  const { ports, signal } = context
  const nameOf = (mount: CacheMount) => JSON.stringify([identityOf(mount, context), mount.sharing])
  const held = new Map<string, HeldCache>()
  const release = async () => {
    for (const cache of held.values()) await cache.release()
  }
  const wanted = new Map(mounts.flatMap((mount) => (mount.kind === 'cache' ? [[nameOf(mount), mount] as const] : [])))
  try {
    for (const [name, mount] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
      held.set(name, await hold(await placeOf(mount, identityOf(mount, context), ports.cache), mount.sharing, signal))
    }
  } catch (error) {
    await release()
    throw error
  }
  return {
    release,
    directoryOf(mount) {
      const cache = held.get(nameOf(mount))
      if (!cache) throw new Error(`cache ${mount.id} is not held`)
      return cache.directory
    },
  }
}

/** A directory that outlives the build. */
export async function prepareCache(mount: CacheMount, held: HeldCaches, context: OpContext): Promise<PreparedMount> {
  const directory = held.directoryOf(mount)
  await fill(directory, mount, context)
  return {
    target: { path: mount.target, kind: 'directory' },
    mount: async (target) => ({ kind: 'bind', source: directory, target, readOnly: mount.readOnly }),
  }
}

/**
 * Mounts have the same cache when they have the same id in the same namespace and begin with the same: owner and mode, or
 * files of a stage. An id is free text: one that looks like the list of another mount is put into a list too.
 */
function identityOf(mount: CacheMount, { inputs }: OpContext): string {
  const { id, from, source } = mount
  if (!from) return ownIdentity(mount)
  const value = inputs.value(from)
  return JSON.stringify([id, value.kind === 'snapshot' ? value.chain : value.kind, source ?? '/', ...whereOf(mount)])
}

function whereOf({ namespace }: CacheMount) {
  return namespace === undefined ? [] : [{ namespace }]
}

/** Of a cache that begins with nothing. */
function ownIdentity(mount: CacheMount): string {
  const { id, uid, gid, mode } = mount
  const where = whereOf(mount)
  const isPlain = uid === 0 && gid === 0 && mode === 0o755
  if (isPlain && where.length === 0 && !id.startsWith('[')) return id
  return JSON.stringify(isPlain ? [id, ...where] : [id, uid, gid, mode, ...where])
}

interface HeldCache {
  readonly directory: string
  readonly release: () => Promise<void>
}

/** Where a cache is: what mounts of one id share, and where others of it are made. */
interface CachePlace {
  readonly base: string
  readonly shared: string
  /** False for a folder of this machine: all that it is has one place. */
  readonly canSplit: boolean
}

async function placeOf({ id }: Pick<CacheMount, 'id'>, identity: string, cache: Cache): Promise<CachePlace> {
  const host = cache.hostMount?.(id)
  if (host === undefined) {
    const base = await cache.cacheMount(identity)
    return { base, shared: `${base}/shared`, canSplit: true }
  }
  return { base: await cache.cacheMount(JSON.stringify({ host })), shared: host, canSplit: false }
}

async function hold(
  { base, shared, canSplit }: CachePlace,
  sharing: CacheMount['sharing'],
  signal: AbortSignal,
): Promise<HeldCache> {
  if (sharing === 'shared') return { directory: shared, release: async () => {} }
  const isSplit = sharing === 'private' && canSplit
  for (let number = 0; ; ) {
    signal.throwIfAborted()
    const name = isSplit ? `private-${number}` : 'shared'
    const held = await tryHold(isSplit ? `${base}/${name}` : shared, `${base}/${name}.lock`)
    if (held) return held
    if (isSplit) number++
    else await sleep(lockInterval, undefined, { signal })
  }
}

async function tryHold(directory: string, lock: string): Promise<HeldCache | undefined> {
  const handle = await open(lock, 'a', 0o600)
  if (lockFile(handle.fd, 'exclusive', false)) return { directory, release: () => handle.close() }
  await handle.close()
  return undefined
}

/** A cache that builds share: the id of its mounts, and its name in the store. */
export interface NamedCache {
  readonly id: string
  readonly name: string
}

/**
 * The caches that the RUNs of a plan share with other builds. Not those that begin with files of a stage: what these are is
 * not known without building it; and not private ones, of which nobody knows which one is meant.
 */
export function sharedCaches({ nodes }: Plan): readonly NamedCache[] {
  const mounts = nodes.flatMap(({ op }) => ('mounts' in op ? op.mounts : []))
  const caches = mounts.flatMap((mount) =>
    mount.kind === 'cache' && !mount.from && mount.sharing !== 'private'
      ? [{ id: mount.id, name: ownIdentity(mount) }]
      : [],
  )
  return [...new Map(caches.map((cache) => [cache.name, cache])).values()]
}

/** Runs `work` with the directory of a cache that is there, while no `locked` mount has it. @returns undefined when it is not there */
export async function withCacheFiles<T>(
  named: NamedCache,
  cache: Cache,
  signal: AbortSignal,
  work: (directory: string) => Promise<T>,
): Promise<T | undefined> {
  const held = await hold(await placeOf(named, named.name, cache), 'locked', signal)
  try {
    return (await exists(held.directory)) ? await work(held.directory) : undefined
  } finally {
    await held.release()
  }
}

/** A new cache directory is made with its owner and mode, or as the source that the mount names, its own included. */
async function fill(directory: string, mount: CacheMount, context: OpContext): Promise<void> {
  if (await exists(directory)) return
  const draft = await context.ports.temporary('cache-mount')
  try {
    const made = `${draft}/made`
    await mkdir(made, { mode: 0o755 })
    if (mount.from) await seed(made, mount.from, mount.source ?? '', context)
    else {
      await giveAway(made, mount)
    }
    await rename(made, directory)
  } catch (error) {
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function seed(directory: string, from: NonNullable<CacheMount['from']>, source: string, context: OpContext) {
  const { tree, entry } = await mountSource(from, source, context)
  const below = entry.path === rootPath ? '' : `${entry.path}/`
  const moved = function* (): Iterable<Change> {
    for (const found of walkApart(tree, entry.path)) {
      const path = treePath(found.path.slice(below.length))
      yield found.kind === 'hardlink'
        ? { ...found, path, target: treePath(found.target.slice(below.length)) }
        : { ...found, path }
    }
  }
  await unpackTar(writeTar(moved()), directory, { signal: context.signal })
  await giveAway(directory, entry)
}

async function exists(directory: string): Promise<boolean> {
  try {
    return (await stat(directory)).isDirectory()
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}
