import { randomInt } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Digest, hexOf } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Executed, type StepResult, sharedCaches, withCacheFiles } from '../executor/index.ts'
import type { Plan } from '../graph/index.ts'
import { documentLimitsOf, type Image, parseManifestOrIndex, parseReference } from '../image/index.ts'
import type { BuildOptions, CachePlace, CacheTo } from '../options.ts'
import {
  cacheArtifact,
  emptyCache,
  fitting,
  type Imports,
  isCache,
  layersOf,
  merged,
  packMount,
  readCache,
  type SharedCache,
  type SharedMount,
  type SharedRecord,
  sharedRecord,
  withInlineCache,
} from '../shared-cache/index.ts'
import {
  allOrNone,
  type Blob,
  type Document,
  layoutTarget,
  registryTarget,
  type Source,
  type Target,
} from '../transfer/index.ts'
import { openTurns } from '../turns.ts'
import type { Report } from './progress.ts'
import { leaving } from './push.ts'
import { type CacheWorld, placeOf, sourceAt } from './shared-cache.ts'

type Exported = Exclude<CacheTo, { readonly type: 'inline' }>

/** The steps of a build, by the ops of its plans. */
export interface BuiltSteps extends Pick<Executed, 'results'> {
  /** One for each image. */
  readonly plans: readonly Plan[]
}

/** What is written: records with the blobs of their layers. */
interface Gathered {
  readonly cache: SharedCache
  readonly blobs: ReadonlyMap<Digest, Blob>
}

/** The image with the records of its layers in it. */
export async function withCacheInside(image: Image, built: BuiltSteps): Promise<Image> {
  const records = stepsOf(built, 'min').flatMap(
    (result) => sharedRecord(result, result.record.layer.descriptor, 0) ?? [],
  )
  return withInlineCache(image, records)
}

/**
 * Writes the cache of a build to where it is asked for. What fails is said in a notice, unless it is required.
 * @throws {TsbuildError} TSB_CACHE_EXPORT
 */
export async function exportCaches(
  built: BuiltSteps,
  cacheTo: NonNullable<BuildOptions['cacheTo']>,
  imports: Imports | undefined,
  world: CacheWorld,
): Promise<void> {
  for (const to of cacheTo) {
    if (to.type === 'inline') continue
    const { name } = placeOf(to, world.environment)
    await world.progress.step(`cache-to ${name}`, `exporting cache to ${name}`, async (report) => {
      try {
        await exportTo(to, built, imports, world, report)
      } catch (error) {
        world.signal?.throwIfAborted()
        if (!(error instanceof TsbuildError)) throw error
        if (to.required) throw unwritten(name, error)
        world.notice(`warning: the cache was not written to ${name}: ${error.message}`)
      }
    })
  }
}

async function exportTo(
  to: Exported,
  built: BuiltSteps,
  imports: Imports | undefined,
  world: CacheWorld,
  report: Report,
): Promise<void> {
  const folder = await world.session.store.temporary('cache-to')
  try {
    const gathered = await gather(to, built, imports, folder, world, report)
    if (to.type === 'local') await writeFolder(to, gathered, world, report)
    else await writeRegistry(to, gathered, imports, world, report)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Layers are compressed one after the other: each takes all cores. */
async function gather(
  to: Exported,
  built: BuiltSteps,
  imports: Imports | undefined,
  folder: string,
  world: CacheWorld,
  report: Report,
): Promise<Gathered> {
  const { mode = 'min', compression = 'gzip' } = to
  const { session, environment, signal } = world
  const records = new Map<string, SharedRecord>()
  const blobs = new Map<Digest, Blob>()
  const packed = new Map<Digest, Blob>()
  const { layers } = imports?.cache ?? session.cache
  for (const result of stepsOf(built, mode)) {
    const { layer } = result.record
    const blob =
      packed.get(layer.diffId) ??
      (await leaving(layers.fromRecord(layer), folder, session, report, signal, compression))
    packed.set(layer.diffId, blob)
    const record = sharedRecord(result, blob.descriptor, environment.now())
    if (!record) continue
    records.set(record.key, record)
    blobs.set(blob.descriptor.digest, blob)
  }
  const mounts = await gatherMounts(to, built, folder, world, blobs)
  return { cache: { records: [...records.values()], mounts }, blobs }
}

/** The files of caches of RUN as they are now, while nobody has them who locks them. */
async function gatherMounts(
  { mounts: wanted = [] }: Exported,
  built: BuiltSteps,
  folder: string,
  { session, environment, notice, signal = new AbortController().signal }: CacheWorld,
  blobs: Map<Digest, Blob>,
): Promise<readonly SharedMount[]> {
  if (wanted.length === 0) return []
  const named = (await Promise.all(built.plans.map((plan) => sharedCaches(plan)))).flat()
  const unknown = wanted === 'all' ? [] : wanted.filter((id) => !named.some((one) => one.id === id))
  for (const id of unknown) notice(`warning: no RUN of this build has a cache mount ${id} that can be shared`)
  const found: SharedMount[] = []
  for (const [name, cache] of new Map(named.map((one) => [one.name, one]))) {
    if (wanted !== 'all' && !wanted.includes(cache.id)) continue
    const file = path.join(folder, `mount-${found.length}`)
    const packed = await withCacheFiles(cache, session.cache, signal, (directory) => packMount(directory, file, signal))
    if (!packed) continue
    const { blob, diffId } = packed
    blobs.set(blob.descriptor.digest, blob)
    found.push({ id: name, blob: blob.descriptor, diffId, saved: new Date(environment.now()).toISOString() })
  }
  return found
}

/** Of `min` those whose layers the image has. */
function stepsOf({ plans, results }: BuiltSteps, mode: 'min' | 'max'): readonly StepResult[] {
  if (mode === 'max') return [...results.values()]
  const ops = new Set(plans.flatMap(({ image }) => image.history.flatMap(({ layer }) => layer ?? [])))
  return [...ops].flatMap((op) => results.get(op) ?? [])
}

/** How often others may come between. */
const mostAttempts = 20
/** Milliseconds in which others who looked when we did have put theirs, unless all is slow. */
const usualTurn = 250

/**
 * Puts the records to those that are there. Registries know no "only if nobody else did": so what is there is looked at once
 * more right before it is replaced, and what came of that a moment later (decision 0042).
 */
async function writeRegistry(
  to: Extract<Exported, { readonly type: 'registry' }>,
  { cache, blobs }: Gathered,
  imports: Imports | undefined,
  world: CacheWorld,
  report: Report,
): Promise<void> {
  const { session, signal, environment, notice } = world
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
      // A layer of an older record may be gone from the registry: then only what is here is written.
      if (!(error instanceof TsbuildError) || !isWhole || known.records.length === 0) throw error
      isWhole = false
      continue
    }
    // Whoever looked when we did may be as slow as we were.
    const turn = Math.max(usualTurn, 4 * (environment.now() - looked))
    await sleep(turn + randomInt(100), undefined, signal && { signal })
    const now = await present(to, world)
    if (now.digest === manifest.descriptor.digest || hasAll(now.cache, cache, environment.now())) return
  }
  notice(`warning: others wrote to the cache ${name} all the time, and it may be without the records of this build`)
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
    if (!(error instanceof TsbuildError)) throw error
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

function hasAll(there: SharedCache, wanted: SharedCache, now: number): boolean {
  const known = new Map(there.records.map((record) => [record.key, record]))
  return (
    wanted.mounts.every(({ id, diffId }) => there.mounts.some((mount) => mount.id === id && mount.diffId === diffId)) &&
    wanted.records.every(({ key }) => {
      const record = known.get(key)
      return record !== undefined && now - Date.parse(record.used) < fresh
    })
  )
}

/** Blobs that go at once. */
const blobsAtOnce = 4

async function sendAll(
  blobs: readonly Blob[],
  target: Target,
  sent: Set<Digest>,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const turns = openTurns(blobsAtOnce)
  const missing = blobs.filter(({ descriptor }) => !sent.has(descriptor.digest))
  await allOrNone(missing, signal, (blob, stop) => turns(() => target.blob(blob, report, stop)))
  for (const { descriptor } of missing) sent.add(descriptor.digest)
}

function blobOf({ descriptor, bytes }: Document): Blob {
  return {
    descriptor,
    open: async function* () {
      yield bytes
    },
  }
}

/** A folder has what this build used, and nothing else under this name: it is carried from job to job, and must not grow. */
async function writeFolder(
  to: Extract<Exported, { readonly type: 'local' }>,
  { cache, blobs }: Gathered,
  world: CacheWorld,
  report: Report,
): Promise<void> {
  const { session, environment, signal } = world
  const { tag = 'latest' } = to
  const place = path.resolve(environment.cwd, to.path)
  const before = await sourceAt(to, world).catch(() => undefined)
  const names = { 'org.opencontainers.image.ref.name': tag }
  const target = await layoutTarget('oci-layout', place, names, session.store.temporary, signal)
  const { manifest, config } = cacheArtifact(cache)
  const absent: Blob[] = []
  for (const blob of blobs.values()) if (!(await isIn(place, blob))) absent.push(blob)
  await sendAll([...absent, blobOf(config)], target, new Set(), report, signal)
  await target.document(manifest, 'root', signal)
  await target.finish()
  if (before) await removeOld(place, before.root, new Set([...blobs.keys(), config.descriptor.digest]), manifest)
}

function fileOf(place: string, digest: Digest): string {
  return path.join(place, 'blobs', 'sha256', hexOf(digest))
}

async function isIn(place: string, { descriptor }: Blob): Promise<boolean> {
  const found = await stat(fileOf(place, descriptor.digest)).catch(() => undefined)
  return found?.isFile() === true && found.size === descriptor.size
}

/** Takes away what only the cache had that was there before. */
async function removeOld(place: string, old: Document, needed: ReadonlySet<Digest>, now: Document): Promise<void> {
  if (old.descriptor.digest === now.descriptor.digest) return
  const found = await parseManifestOrIndex(old.bytes, { mediaType: old.descriptor.mediaType })
  if (found.kind === 'index' || !isCache(found.manifest)) return
  const { config, layers } = found.manifest
  for (const { digest } of [old.descriptor, config, ...layers]) {
    if (!needed.has(digest)) await rm(fileOf(place, digest), { force: true })
  }
}

function unwritten(name: string, error: TsbuildError): TsbuildError {
  return new TsbuildError('TSB_CACHE_EXPORT', `cannot write the cache to ${name}: ${error.message}`, {
    hint: error.hint ?? 'it is required: leave required=true out, and the build ends well without it',
    cause: error,
  })
}
