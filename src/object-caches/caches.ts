import type { GhaCachePlace, S3CachePlace } from '../cache-options.ts'
import { sha256 } from '../digest/index.ts'
import type { Http, HttpSettings } from '../http/index.ts'
import { type Descriptor, documentLimitsOf } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import { revealed, Secret } from '../secret.ts'
import { ghaUrl, type Located, locatedGha, locatedS3, manifestKeys, parseS3Location } from './location.ts'
import type { ObjectCache, ServicePorts } from './service.ts'

export type ObjectPlace = S3CachePlace | GhaCachePlace

/** The caches of services that a build or a command asks. Nothing is loaded before one of them is. */
export interface ObjectCaches {
  /** The cache of a place; of one with several names the first. @throws {TsbuildError} TSB_CACHE_PLACE, TSB_CACHE_DENIED */
  at(place: ObjectPlace): Promise<ObjectCache>
  /** The same for each name. */
  all(place: ObjectPlace): Promise<readonly ObjectCache[]>
  /** A blob of where `locatedAt` says that it is, with the keys that a place of this location has, else those of the environment. */
  blob(location: string, descriptor: Descriptor, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>
  close(): void
}

/** What a place is called, and where its blobs are, as `BlobOrigin` has it: without keys. @throws {OptionError} TSB_CACHE_PLACE */
export function locatedAt(place: ObjectPlace, env: ServicePorts['env']): Located {
  return place.type === 's3' ? locatedS3(place, env) : locatedGha(place, env)
}

export function openObjectCaches(
  ports: ServicePorts,
  settings: () => Promise<HttpSettings>,
  limits: Limits,
): ObjectCaches {
  const documents = documentLimitsOf(limits)
  const opened = new Map<string, Promise<ObjectCache>>()
  const byLocation = new Map<string, Promise<ObjectCache>>()
  let http: Promise<Http> | undefined
  const connect = async () => {
    const { defaultPatience, openHttp } = await import('../http/index.ts')
    return openHttp('tsbuild', defaultPatience.idleMs, { limits, ...(await settings()) })
  }
  const connections = () => {
    http ??= connect()
    return http
  }
  const open = async (place: ObjectPlace, key: string, location: string) => {
    if (place.type === 's3') {
      const { openS3Cache } = await import('./s3/service.ts')
      return openS3Cache(place, parseS3Location(location), key, await connections(), documents, ports)
    }
    const { openGhaCache } = await import('./gha/service.ts')
    return openGhaCache(place, ghaUrl(location), await connections(), documents, ports)
  }
  const at = (place: ObjectPlace, key = place.type === 's3' ? manifestKeys(place)[0] : '') => {
    const { location } = locatedAt(place, ports.env)
    const id = identityOf(place, key)
    const cache = opened.get(id) ?? open(place, key, location)
    opened.set(id, cache)
    byLocation.set(location, cache)
    return cache
  }
  return {
    at: async (place) => at(place),
    all: async (place) =>
      Promise.all(place.type === 's3' ? manifestKeys(place).map((key) => at(place, key)) : [at(place)]),
    async *blob(location, descriptor, signal) {
      const place: ObjectPlace = location.startsWith('s3:') ? { type: 's3' } : { type: 'gha' }
      const cache = byLocation.get(location) ?? open(place, '', location)
      byLocation.set(location, cache)
      yield* (await cache).blob(descriptor, signal)
    },
    close() {
      void http?.then((one) => one.close())
    },
  }
}

/** Of places with other keys another one: a digest, which tells nobody what they are. */
function identityOf(place: ObjectPlace, key: string): string {
  const plain = Object.entries(place).map(([name, value]) => [name, value instanceof Secret ? revealed(value) : value])
  return sha256(new TextEncoder().encode(JSON.stringify([plain, key])))
}
