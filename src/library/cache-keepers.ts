import { TsbuildError } from '../errors.ts'
import { parseReference } from '../image/index.ts'
import { blobTarget, type FoundManifest, type ObjectCache, sourceOf } from '../object-caches/index.ts'
import type { Imports } from '../shared-cache/index.ts'
import { type Document, registryTarget, type Source, type Target } from '../transfer/index.ts'
import type { ExportedTo } from './cache-blobs.ts'
import { type CacheWorld, placeOf, sourceAt } from './shared-cache.ts'

/** A place that keeps a cache which many write to. */
export interface CacheKeeper {
  readonly name: string
  /** What is there now; undefined when nothing is. */
  find(): Promise<Source | undefined>
  readonly target: Pick<Target, 'blob'>
  /**
   * Puts a manifest in the place of what `find` last gave.
   * @returns `moved` when others were there meanwhile, `kept` when they cannot have been. Else when what is there was last
   *   looked at, in milliseconds since 1970: it has to be looked at once more
   */
  put(manifest: Document): Promise<'moved' | 'kept' | { readonly looked: number }>
  /** Milliseconds after which a blob that is used has to be sent anew. */
  readonly touchMs?: number | undefined
}

/** Milliseconds in which others who looked when we did have nearly always put theirs, and in which nobody stands still for long. */
export const turns = { usual: 250, longest: 1000 }

/** So often what is there is looked at again where the answer is old when it comes: a registry may be far. */
const mostLooks = 4

/** One for each name that the cache is to have. */
export async function keepersOf(
  to: Exclude<ExportedTo, { readonly type: 'local' }>,
  imports: Imports | undefined,
  world: CacheWorld,
): Promise<readonly CacheKeeper[]> {
  if (to.type === 'registry') return [await registryKeeper(to, world)]
  const caches = await (await world.session.objects()).all(to)
  return caches.map((cache) => objectKeeper(cache, imports, world))
}

/** Registries know no "only if nobody else did": what is there is looked at once more right before it is replaced. */
async function registryKeeper(
  to: Extract<ExportedTo, { readonly type: 'registry' }>,
  world: CacheWorld,
): Promise<CacheKeeper> {
  const { session, environment, signal } = world
  const { location, name } = placeOf(to, environment)
  const target = registryTarget(await session.registry(), location, [parseReference(to.ref).tag ?? 'latest'])
  let before: Source | undefined
  const find = () => orNothing(() => sourceAt(to, world), 'TSB_IMAGE_NOT_FOUND')
  return {
    name,
    target,
    async find() {
      before = await find()
      return before
    },
    async put(manifest) {
      const looked = await lookAgain(find, before, environment.now)
      if (looked === undefined) return 'moved'
      await target.document(manifest, 'root', signal)
      return { looked }
    },
  }
}

/** Services say themselves when others were there; some say they would and do not, so all but those known are looked at too. */
function objectKeeper(cache: ObjectCache, imports: Imports | undefined, world: CacheWorld): CacheKeeper {
  const { environment, signal } = world
  let before: FoundManifest | undefined
  const find = async () => {
    const found = await cache.find(signal)
    return found && { ...sourceOf(cache, found), found }
  }
  return {
    name: cache.name,
    target: blobTarget(cache, (digest) => imports?.isRefused(digest) ?? false),
    touchMs: cache.touchMs,
    async find() {
      const source = await find()
      before = source?.found
      return source
    },
    async put({ bytes }) {
      if (cache.isSure) return (await cache.replace(bytes, before, signal)) ? 'kept' : 'moved'
      const looked = await lookAgain(find, before && sourceOf(cache, before), environment.now)
      if (looked === undefined || !(await cache.replace(bytes, before, signal))) return 'moved'
      return { looked }
    },
  }
}

/**
 * Looks whether a cache is still what it was, right before it is replaced.
 * @returns when that was asked: milliseconds since 1970; undefined when others were there meanwhile
 */
async function lookAgain(
  find: () => Promise<Source | undefined>,
  before: Source | undefined,
  now: () => number,
): Promise<number | undefined> {
  let asked = now()
  for (let look = 1; look <= mostLooks; look++) {
    asked = now()
    if ((await find())?.root.descriptor.digest !== before?.root.descriptor.digest) return undefined
    if (now() - asked < turns.usual / 4) break
  }
  return asked
}

async function orNothing<T>(work: () => Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TsbuildError && error.code === code) return undefined
    throw error
  }
}
