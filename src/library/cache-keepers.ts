import type { Digest } from '../digest/index.ts'
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

/**
 * Milliseconds: in the usual turn others who looked when we did have put theirs, nearly always; nobody stands still for longer than
 * the longest, as a rule.
 */
export const turns = { usual: 250, longest: 1000 }

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

/** Registries know no "only if nobody else did": what is there is looked at once more right before each try to replace it. */
async function registryKeeper(
  to: Extract<ExportedTo, { readonly type: 'registry' }>,
  world: CacheWorld,
): Promise<CacheKeeper> {
  const { session, environment, signal } = world
  const { location, name } = placeOf(to, environment)
  const registry = await session.registry()
  const { tag = 'latest' } = parseReference(to.ref)
  const looks = openLooks(() => orNothing(() => sourceAt(to, world), 'TSB_IMAGE_NOT_FOUND'), environment.now)
  let before: Source | undefined
  return {
    name,
    target: registryTarget(registry, location, []),
    async find() {
      before = await looks.find()
      return before
    },
    async put({ descriptor: { digest, mediaType }, bytes }) {
      let looked = 0
      const look = async () => {
        looked = await looks.again(before)
      }
      try {
        await registry.put(location, { mediaType, bytes, before: look }, tag, signal)
      } catch (error) {
        if (!(error instanceof Moved)) throw error
        // It was taken, and the answer was lost.
        if (looked === 0 || error.digest !== digest) return 'moved'
      }
      return { looked }
    },
  }
}

/** Services say themselves when others were there; some say they would and do not, so all but those known are looked at too. */
function objectKeeper(cache: ObjectCache, imports: Imports | undefined, world: CacheWorld): CacheKeeper {
  const { environment, signal } = world
  let before: FoundManifest | undefined
  const looks = openLooks(async () => {
    const found = await cache.find(signal)
    return found && { ...sourceOf(cache, found), found }
  }, environment.now)
  return {
    name: cache.name,
    target: blobTarget(cache, (digest) => imports?.isRefused(digest) ?? false),
    touchMs: cache.touchMs,
    async find() {
      const source = await looks.find()
      before = source?.found
      return source
    },
    async put({ bytes }) {
      if (cache.isSure) return (await cache.replace(bytes, before, signal)) ? 'kept' : 'moved'
      try {
        const looked = await looks.again(before && sourceOf(cache, before))
        return (await cache.replace(bytes, before, signal)) ? { looked } : 'moved'
      } catch (error) {
        if (error instanceof Moved) return 'moved'
        throw error
      }
    },
  }
}

/** Others came between. */
class Moved extends TsbuildError {
  /** Of what is there now. */
  readonly digest: Digest | undefined

  constructor(digest: Digest | undefined) {
    super('TSB_CACHE_BUSY', 'others wrote to the cache meanwhile')
    this.digest = digest
  }
}

interface Looks<S extends Source> {
  find(): Promise<S | undefined>
  /**
   * Looks whether a cache is still what it was, right before it is replaced.
   * @returns when that was asked: milliseconds since 1970
   * @throws {Moved}
   */
  again(before: Source | undefined): Promise<number>
}

/** So often it is looked again, at most. */
const mostLooks = 3

function openLooks<S extends Source>(look: () => Promise<S | undefined>, now: () => number): Looks<S> {
  /** Milliseconds: how far the place is. */
  let fastest = Number.POSITIVE_INFINITY
  const timed = async () => {
    const asked = now()
    const found = await look()
    const took = now() - asked
    fastest = Math.min(fastest, took)
    // An answer that took longer than the way is old when it comes.
    return { found, asked, isOld: took > Math.max(2 * fastest, turns.usual / 4) }
  }
  return {
    find: async () => (await timed()).found,
    async again(before) {
      for (let tried = 1; ; tried++) {
        const { found, asked, isOld } = await timed()
        const digest = found?.root.descriptor.digest
        if (digest !== before?.root.descriptor.digest) throw new Moved(digest)
        if (!isOld || tried >= mostLooks) return asked
      }
    },
  }
}

async function orNothing<T>(work: () => Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TsbuildError && error.code === code) return undefined
    throw error
  }
}
