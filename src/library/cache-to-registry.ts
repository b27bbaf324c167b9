import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CachePlace } from '../cache-options.ts'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { documentLimitsOf, parseManifestOrIndex, parseReference } from '../image/index.ts'
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
import { registryTarget, type Source } from '../transfer/index.ts'
import { blobOf, type ExportedTo, type Gathered, sendAll } from './cache-blobs.ts'
import type { Report } from './progress.ts'
import { type CacheWorld, placeOf, sourceAt } from './shared-cache.ts'

/** How often others may come between. */
const mostAttempts = 20
/** Milliseconds in which others who looked when we did have put theirs, unless all is slow. */
const usualTurn = 250

/**
 * Puts the records to those that are there. Registries know no "only if nobody else did": so what is there is looked at once
 * more right before it is replaced, and what came of that a moment later (decision 0042).
 */
export async function writeToRegistry(
  to: Extract<ExportedTo, { readonly type: 'registry' }>,
  { cache, blobs }: Gathered,
  imports: Imports | undefined,
  world: CacheWorld,
  report: Report,
): Promise<void> {
  const { session, signal, environment } = world
  const { location, name } = placeOf(to, environment)
  const tag = parseReference(to.ref).tag ?? 'latest'
  const registry = await session.registry()
  const target = registryTarget(registry, location, [tag])
  const limit = documentLimitsOf(session.limits).config
  const sent = new Set<Digest>()
  let isWhole = true
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const there = await present(to, world)
    const known = isWhole ? withoutRefused(there.cache, imports) : emptyCache
    if (hasAll(known, cache, environment.now())) return
    const all = fitting(merged(known, cache, environment.now()), limit)
    const { manifest, config } = cacheArtifact(all)
    const listed = new Set(layersOf(known).map(({ digest }) => digest))
    const added = layersOf(all).flatMap(({ digest }) => (listed.has(digest) ? [] : (blobs.get(digest) ?? [])))
    await sendAll([...added, blobOf(config)], target, sent, report, signal)
    const looked = await lookAgain(to, there.digest, world)
    if (looked === undefined) continue
    try {
      await target.document(manifest, 'root', signal)
    } catch (error) {
      // A layer of an older record is gone from the registry: then only what is here is written.
      const isGone = error instanceof TsbuildError && error.code === 'TSB_BLOB_UNKNOWN'
      if (!isGone || !isWhole || known.records.length === 0) throw error
      isWhole = false
      continue
    }
    // Whoever looked when we did may be as slow as we were.
    const turn = Math.max(usualTurn, 4 * (environment.now() - looked))
    await sleep(turn + randomInt(100), undefined, signal && { signal })
    const now = await present(to, world)
    if (now.digest === manifest.descriptor.digest || hasAll(now.cache, named(cache), environment.now())) return
  }
  throw new TsbuildError('TSB_CACHE_BUSY', `others wrote to the cache ${name} all the time`, {
    hint: 'it may be without the records of this build; give each branch or job a cache of its own, and name several to --cache-from',
  })
}

/**
 * Looks whether a tag is still what it was, right before it is replaced.
 * @returns when that was asked: milliseconds since 1970; undefined when others were there meanwhile
 */
async function lookAgain(place: CachePlace, digest: Digest | undefined, world: CacheWorld) {
  const { now } = world.environment
  let asked = now()
  // An answer that is old when it comes is asked for once more.
  for (const isLast of [false, true]) {
    asked = now()
    if ((await foundAt(place, world))?.root.descriptor.digest !== digest) return undefined
    if (isLast || now() - asked < usualTurn) break
  }
  return asked
}

/** Undefined when nothing has the name. */
async function foundAt(place: CachePlace, world: CacheWorld): Promise<Source | undefined> {
  try {
    return await sourceAt(place, world)
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'TSB_IMAGE_NOT_FOUND') return undefined
    throw error
  }
}

/** What no later try, and nobody else, can read either. */
const unreadable: ReadonlySet<string> = new Set([
  'TSB_CACHE_FORMAT',
  'TSB_CACHE_KEY',
  'TSB_CACHE_NONE',
  'TSB_DOCUMENT_FORMAT',
  'TSB_DIGEST_MISMATCH',
  'TSB_BLOB_TOO_LONG',
  'TSB_IMAGE_NOT_FOUND',
])

interface Present {
  readonly cache: SharedCache
  readonly digest: Digest | undefined
}

/**
 * What a registry has under the name.
 * @throws {TsbuildError} TSB_CACHE_TARGET for what is no cache: an image is not written over
 */
async function present(place: CachePlace, world: CacheWorld): Promise<Present> {
  const { name } = placeOf(place, world.environment)
  const source = await foundAt(place, world)
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

function hasAll(there: SharedCache, wanted: Wanted, now: number): boolean {
  const known = new Map(there.records.map((record) => [record.key, record]))
  return (
    wanted.mounts.every(({ id, diffId }) =>
      there.mounts.some((mount) => mount.id === id && (diffId === undefined || mount.diffId === diffId)),
    ) &&
    wanted.records.every(({ key, layer, replaces }) => {
      const record = known.get(key)
      if (record === undefined || now - Date.parse(record.used) >= fresh) return false
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
