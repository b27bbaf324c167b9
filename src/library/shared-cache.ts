import path from 'node:path'
import type { CacheFrom, CachePlace } from '../cache-options.ts'
import { TsbuildError, withHint } from '../errors.ts'
import { documentLimitsOf, type Platform, parseReference } from '../image/index.ts'
import { locatedAt, sourceOf } from '../object-caches/index.ts'
import type { BuildOptions, Environment } from '../options.ts'
import {
  type CacheSource,
  emptyCache,
  type Imports,
  openImports,
  readCache,
  type SharedCache,
} from '../shared-cache/index.ts'
import { countText } from '../text/index.ts'
import { layoutSource, registrySource, type Source } from '../transfer/index.ts'
import type { Progress, Report } from './progress.ts'
import type { Session } from './session.ts'

/** What reading shared caches takes. */
export interface CacheWorld {
  readonly session: Session
  readonly environment: Environment
  readonly progress: Progress
  readonly notice: (message: string) => void
  /** Whose images of an index have their records read. */
  readonly platforms: readonly Platform[]
  readonly signal: AbortSignal | undefined
  /** Aborted when nobody wants to know any more what is in them. */
  readonly over?: AbortSignal
}

/** The caches of `--cache-from` behind that of the store; none is read before the store does not know a step, or has no base. */
export function importsOf(cacheFrom: NonNullable<BuildOptions['cacheFrom']>, world: CacheWorld): Imports {
  const { session, notice } = world
  const sources = cacheFrom.map((from): CacheSource => {
    const { name, location } = placeOf(from, world.environment)
    return { name, location, ...(from.verify && { verify: true }), load: () => load(name, from, world) }
  })
  const required = new Set(sources.filter((_, at) => cacheFrom[at]?.required))
  return openImports(session.cache, session.store, sources, session.limits, (source, error) => {
    if (required.has(source)) throw unusable(source.name, error)
    const instead = `and the step is run${cacheFrom.length > 1 ? ' unless another cache has it' : ''}`
    notice(`warning: the cache ${source.name} has a layer that cannot be used, ${instead}: ${error.message}`)
  })
}

/** What a place is called, and where its blobs are, as `BlobOrigin` has it. @throws {TsbuildError} TSB_REFERENCE_FORMAT, TSB_CACHE_PLACE */
export function placeOf(
  place: CachePlace,
  { cwd, env }: Environment,
): { readonly name: string; readonly location: string } {
  if (place.type === 's3' || place.type === 'gha') return locatedAt(place, env)
  if (place.type === 'local') {
    return { name: place.path, location: `oci-layout://${path.resolve(cwd, place.path)}` }
  }
  const { domain, path: repository, familiar } = parseReference(place.ref)
  return { name: familiar, location: `${domain}/${repository}` }
}

/** @throws {TsbuildError} those of `registrySource`, `layoutSource` and `ObjectCache`; TSB_CACHE_NONE */
export async function sourceAt(
  place: CachePlace,
  { session, environment, signal }: Pick<CacheWorld, 'session' | 'environment' | 'signal'>,
): Promise<Source> {
  if (place.type === 'registry') return registrySource(await session.registry(), parseReference(place.ref), signal)
  if (place.type === 's3' || place.type === 'gha') {
    const cache = await (await session.objects()).at(place)
    const found = await cache.find(signal)
    if (found) return sourceOf(cache, found)
    throw new TsbuildError('TSB_CACHE_NONE', `there is no cache ${cache.name}`, {
      hint: 'the first build that has it as --cache-to makes it',
    })
  }
  const { path: folder, tag = 'latest' } = place
  const layout = { kind: 'oci-layout', path: path.resolve(environment.cwd, folder), tag } as const
  return layoutSource(layout, session.store.temporary, session.limits)
}

/** What cannot be read is passed over with a notice, unless it is required. */
async function load(name: string, from: CacheFrom, world: CacheWorld): Promise<SharedCache> {
  const { progress, session, environment, platforms, over, notice } = world
  const signal = world.signal && over ? AbortSignal.any([world.signal, over]) : (over ?? world.signal)
  const read = async (report: Report) => {
    try {
      const limits = documentLimitsOf(session.limits)
      const source = await sourceAt(from, { session, environment, signal })
      const cache = await readCache(source, { name, platforms, limits, signal })
      over?.throwIfAborted()
      report(countText(cache.records.length, 'record'), 0, undefined, true)
      return cache
    } catch (error) {
      if (over?.aborted || !(error instanceof TsbuildError)) throw error
      if (from.required) throw unread(name, error)
      notice(`warning: the cache ${name} is not used: ${withHint(orFirst(error))}`)
      return emptyCache
    }
  }
  const readUntilOver = (report: Report) => Promise.race([read(report), ...(over ? [aborted(over)] : [])])
  return progress.step(`cache-from ${name}`, `importing cache from ${name}`, readUntilOver, over)
}

/** Rejects when the signal is aborted: what asks for credentials is told of no signal. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function unread(name: string, error: TsbuildError): TsbuildError {
  return new TsbuildError('TSB_CACHE_IMPORT', `cannot use the cache ${name}: ${error.message}`, {
    hint: `${error.hint ?? 'it is required'}; or leave required=true out, and the build goes on without it`,
    cause: error,
    ofNoStep: true,
  })
}

/** The hint of the layer's own error is for who wants an image. */
function unusable(name: string, error: TsbuildError): TsbuildError {
  return new TsbuildError('TSB_CACHE_IMPORT', `cannot use a layer of the cache ${name}: ${error.message}`, {
    hint: 'it is required: leave required=true out, and the step is run',
    cause: error,
    ofNoStep: true,
  })
}

/** A cache that is not there is what the first build of each finds. */
function orFirst(error: TsbuildError): TsbuildError {
  const { code, message } = error
  if (code !== 'TSB_IMAGE_NOT_FOUND') return error
  const hint = 'the first build with --cache-to makes it; if that was before this one, check the name and the tag'
  return new TsbuildError(code, message, { hint, cause: error })
}
