import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSystemError } from '../../errors.ts'
import type { Mount } from '../../graph/index.ts'
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
      const base = await ports.cache.cacheMount(identityOf(mount, context))
      held.set(name, await hold(base, mount.sharing, signal))
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
  const { id, namespace, from, source, uid, gid, mode } = mount
  const where = namespace === undefined ? [] : [{ namespace }]
  if (from) {
    const value = inputs.value(from)
    return JSON.stringify([id, value.kind === 'snapshot' ? value.chain : value.kind, source ?? '/', ...where])
  }
  const isPlain = uid === 0 && gid === 0 && mode === 0o755
  if (isPlain && where.length === 0 && !id.startsWith('[')) return id
  return JSON.stringify(isPlain ? [id, ...where] : [id, uid, gid, mode, ...where])
}

interface HeldCache {
  readonly directory: string
  readonly release: () => Promise<void>
}

async function hold(base: string, sharing: CacheMount['sharing'], signal: AbortSignal): Promise<HeldCache> {
  if (sharing === 'shared') return { directory: `${base}/shared`, release: async () => {} }
  for (let number = 0; ; ) {
    signal.throwIfAborted()
    const held = await tryHold(sharing === 'private' ? `${base}/private-${number}` : `${base}/shared`)
    if (held) return held
    if (sharing === 'private') number++
    else await sleep(lockInterval, undefined, { signal })
  }
}

async function tryHold(directory: string): Promise<HeldCache | undefined> {
  const handle = await open(`${directory}.lock`, 'a', 0o600)
  if (lockFile(handle.fd, 'exclusive', false)) return { directory, release: () => handle.close() }
  await handle.close()
  return undefined
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
