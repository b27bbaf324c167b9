import { randomInt } from 'node:crypto'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { pause } from '../http/index.ts'
import { documentLimitsOf, parseManifestOrIndex } from '../image/index.ts'
import {
  cacheArtifact,
  emptyCache,
  fitting,
  type Imports,
  isCache,
  layersOf,
  merged,
  readCache,
  type SharedCache,
} from '../shared-cache/index.ts'
import { blobOf, type Gathered, sendAll } from './cache-blobs.ts'
import { type CacheKeeper, turns } from './cache-keepers.ts'
import type { Report } from './progress.ts'
import type { CacheWorld } from './shared-cache.ts'

/** How often others may come between. */
const mostAttempts = 20

/**
 * Puts the records to those that are there. Where nobody says that others came between, what came of it is looked at a moment
 * later (decision 0042).
 * @param written called when it is there, and is only looked after
 */
export async function writeShared(
  keeper: CacheKeeper,
  { cache, blobs }: Gathered,
  imports: Imports | undefined,
  world: CacheWorld,
  report: Report,
  written: () => void,
): Promise<void> {
  const { session, signal, environment } = world
  const limit = documentLimitsOf(session.limits).config
  const longest = Math.min(fresh, keeper.touchMs ?? fresh)
  const sent = new Set<Digest>()
  let isWhole = true
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const there = await present(keeper, world)
    const known = isWhole ? withoutRefused(there.cache, imports) : emptyCache
    if (hasAll(known, cache, environment.now(), longest)) return
    const all = fitting(merged(known, cache, environment.now()), limit)
    const { manifest, config } = cacheArtifact(all)
    const sending = toSend(known, all, { cache, blobs }, keeper)
    await sendAll([...sending, blobOf(config)], keeper.target, sent, report, signal)
    let slowness: number
    try {
      const put = await keeper.put(manifest)
      if (put === 'kept') return
      if (put === 'moved') {
        await turn(turns.usual * Math.min(attempt - 1, 8), signal)
        continue
      }
      slowness = environment.now() - put.looked
    } catch (error) {
      // A layer of an older record is gone from the registry: then only what is here is written.
      const isGone = error instanceof TsbuildError && error.code === 'TSB_BLOB_UNKNOWN'
      if (!isGone || !isWhole || known.records.length === 0) throw error
      isWhole = false
      continue
    }
    const stays = async () => {
      const now = await present(keeper, world)
      return now.digest === manifest.descriptor.digest || hasAll(now.cache, named(cache), environment.now(), longest)
    }
    written()
    try {
      if (await afterOthers(stays, slowness, signal)) return
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof TsbuildError)) throw error
      world.notice(
        `warning: whether the cache ${keeper.name} kept what was written could not be looked at: ${error.message}`,
      )
      return
    }
  }
  throw new TsbuildError('TSB_CACHE_BUSY', `others wrote to the cache ${keeper.name} all the time`, {
    hint: 'it may be without the records of this build; give each branch or job a cache of its own, and name several to --cache-from',
  })
}

/**
 * Looks soon, so that who lost the race begins anew, and once more when all who looked when we did have put theirs: they may be
 * as slow as we were, or stand still for a moment.
 * @param slowness milliseconds between our look and our put
 */
async function afterOthers(
  stays: () => Promise<boolean>,
  slowness: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  await turn(turns.usual, signal)
  if (!(await stays())) return false
  await turn(Math.max(turns.longest, 4 * slowness) - turns.usual, signal)
  return stays()
}

/** Not all at the same time. */
function turn(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return pause(milliseconds + randomInt(100), signal)
}

/** The layers that are not there yet; where blobs have to be touched, all that this build used. */
function toSend(known: SharedCache, all: SharedCache, { cache, blobs }: Gathered, { touchMs }: CacheKeeper) {
  const listed = new Set(layersOf(known).map(({ digest }) => digest))
  const used = new Set(layersOf(cache).map(({ digest }) => digest))
  return layersOf(all).flatMap(({ digest }) => {
    const isWanted = !listed.has(digest) || (touchMs !== undefined && used.has(digest))
    return isWanted ? (blobs.get(digest) ?? []) : []
  })
}

/** What no later try, and nobody else, can read either. */
const unreadable: ReadonlySet<string> = new Set([
  'TSB_CACHE_FORMAT',
  'TSB_CACHE_KEY',
  'TSB_CACHE_NONE',
  'TSB_DOCUMENT_FORMAT',
  'TSB_DIGEST_MISMATCH',
  'TSB_BLOB_TOO_LONG',
  'TSB_BLOB_TRUNCATED',
  'TSB_CACHE_GONE',
  'TSB_IMAGE_NOT_FOUND',
])

interface Present {
  readonly cache: SharedCache
  readonly digest: Digest | undefined
}

/**
 * What a cache has now.
 * @throws {TsbuildError} TSB_CACHE_TARGET for what is no cache: an image is not written over
 */
async function present(keeper: CacheKeeper, world: CacheWorld): Promise<Present> {
  const { name } = keeper
  const source = await keeper.find()
  if (!source) return { cache: emptyCache, digest: undefined }
  const { digest, mediaType } = source.root.descriptor
  const limits = documentLimitsOf(world.session.limits)
  const found = await parseManifestOrIndex(source.root.bytes, { name: `the manifest of ${name}`, mediaType }, limits)
  if (found.kind === 'index' || !isCache(found.manifest)) {
    throw new TsbuildError('TSB_CACHE_TARGET', `${name} is an image, and a cache would take its place`, {
      hint: 'give the cache a name of its own, such as :cache, or put it into the image by --cache-to type=inline',
    })
  }
  try {
    const { platforms, signal } = world
    return { cache: await readCache(source, { name, platforms, limits, signal }), digest }
  } catch (error) {
    if (!(error instanceof TsbuildError) || !unreadable.has(error.code)) throw error
    world.notice(`warning: the cache that ${name} has is written anew: ${error.message}`)
    return { cache: emptyCache, digest }
  }
}

function withoutRefused(cache: SharedCache, imports: Imports | undefined): SharedCache {
  if (!imports || imports.refused() === 0) return cache
  return { ...cache, records: cache.records.filter(({ layer }) => !imports.isRefused(layer.descriptor.digest)) }
}

/** A record that was used within this time need not have another time. */
const fresh = 24 * 60 * 60 * 1000

function hasAll(there: SharedCache, wanted: Wanted, now: number, longest: number): boolean {
  const known = new Map(there.records.map((record) => [record.key, record]))
  return (
    wanted.mounts.every(({ id, diffId }) =>
      there.mounts.some((mount) => mount.id === id && (diffId === undefined || mount.diffId === diffId)),
    ) &&
    wanted.records.every(({ key, layer, replaces }) => {
      const record = known.get(key)
      if (record === undefined || now - Date.parse(record.used) >= longest) return false
      return !replaces || record.layer.diffId === layer.diffId
    })
  )
}

interface Wanted extends Pick<SharedCache, 'records'> {
  /** Without a diff id: whatever is in it. */
  readonly mounts: readonly { readonly id: string; readonly diffId?: Digest }[]
}

/** Of mounts, who wrote last has the say: others may have come after us. */
function named({ records, mounts }: SharedCache): Wanted {
  return { records, mounts: mounts.map(({ id }) => ({ id })) }
}
