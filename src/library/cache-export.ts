import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Digest } from '../digest/index.ts'
import { TsbuildError, withHint } from '../errors.ts'
import { type Executed, type StepResult, sharedCaches, withCacheFiles } from '../executor/index.ts'
import type { Plan } from '../graph/index.ts'
import type { Image } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import {
  type Imports,
  packMount,
  type SharedMount,
  type SharedRecord,
  sharedRecord,
  withInlineCache,
} from '../shared-cache/index.ts'
import type { Blob } from '../transfer/index.ts'
import type { ExportedTo, Gathered } from './cache-blobs.ts'
import { keepersOf } from './cache-keepers.ts'
import { writeToFolder } from './cache-to-folder.ts'
import { writeShared } from './cache-to-shared.ts'
import type { Report } from './progress.ts'
import { leaving } from './push.ts'
import { type CacheWorld, placeOf } from './shared-cache.ts'

/** The steps of a build, by the ops of its plans. */
export interface BuiltSteps extends Pick<Executed, 'results'> {
  /** One for each image. */
  readonly plans: readonly Plan[]
}

/** The image with the records of its layers in it. */
export async function withCacheInside(image: Image, built: BuiltSteps): Promise<Image> {
  const records = stepsOf(built, 'min').flatMap(
    (result) => sharedRecord(result, result.record.layer.descriptor, 0) ?? [],
  )
  return withInlineCache(image, records)
}

/**
 * Writes the cache of a build to where it is asked for, one after the other; each is looked after while the next one is written.
 * What fails is said in a notice, unless it is required: then the first of these errors is thrown when all were tried.
 * @throws {TsbuildError} TSB_CACHE_EXPORT
 */
export async function exportCaches(
  built: BuiltSteps,
  cacheTo: NonNullable<BuildOptions['cacheTo']>,
  imports: Imports | undefined,
  world: CacheWorld,
): Promise<void> {
  const places = cacheTo.flatMap((to) =>
    to.type === 'inline' ? [] : [{ to, name: placeOf(to, world.environment).name }],
  )
  const exports: Promise<void>[] = []
  const last = new Map<string, Promise<void>>()
  for (const { to, name } of places) {
    if (world.signal?.aborted) break
    await last.get(name)?.catch(() => {})
    const written = Promise.withResolvers<void>()
    const exporting = exportCache(to, name, built, imports, world, written.resolve)
    exports.push(exporting)
    last.set(name, exporting)
    await Promise.race([written.promise, exporting.catch(() => {})])
  }
  for (const ended of await Promise.allSettled(exports)) if (ended.status === 'rejected') throw ended.reason
  world.signal?.throwIfAborted()
}

function exportCache(
  to: ExportedTo,
  name: string,
  built: BuiltSteps,
  imports: Imports | undefined,
  world: CacheWorld,
  written: () => void,
): Promise<void> {
  return world.progress.step(`cache-to ${name}`, `exporting cache to ${name}`, async (report) => {
    try {
      await exportTo(to, built, imports, world, report, written)
    } catch (error) {
      world.signal?.throwIfAborted()
      if (!(error instanceof TsbuildError)) throw error
      if (to.required) throw unwritten(name, error)
      world.notice(`warning: the cache was not written to ${name}: ${withHint(error)}`)
    }
  })
}

async function exportTo(
  to: ExportedTo,
  built: BuiltSteps,
  imports: Imports | undefined,
  world: CacheWorld,
  report: Report,
  written: () => void,
): Promise<void> {
  const folder = await world.session.store.temporary('cache-to')
  try {
    const gathered = await gather(to, built, imports, folder, world, report)
    if (to.type === 'local') await writeToFolder(to, gathered, world, report)
    else {
      const keepers = await keepersOf(to, imports, world)
      for (const keeper of keepers) {
        const isLast = keeper === keepers.at(-1)
        await writeShared(keeper, gathered, imports, world, report, isLast ? written : () => {})
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Layers are compressed one after the other: each takes all cores. */
async function gather(
  to: ExportedTo,
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
  { mounts: wanted = [] }: ExportedTo,
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

function unwritten(name: string, error: TsbuildError): TsbuildError {
  return new TsbuildError('TSB_CACHE_EXPORT', `cannot write the cache to ${name}: ${error.message}`, {
    hint: error.hint ?? 'it is required: leave required=true out, and the build ends well without it',
    cause: error,
  })
}
