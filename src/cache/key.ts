import { digestOf, isDigest, type Json } from '../digest/index.ts'
import type { CacheKey, KeyComponents } from './cache.ts'

/** The key that the components give. The version changes when a step's work changes for the same components. */
export function cacheKey(version: string, components: KeyComponents): CacheKey {
  return digestOf([version, components as unknown as Json]) as CacheKey
}

/** A key from chains alone: found by it is what was found by the key of the contents. */
export function quickCacheKey(version: string, components: KeyComponents): CacheKey {
  return cacheKey(`${version}.quick`, components)
}

/** True for the text of a key, as files of the cache hold it. */
export function isCacheKey(text: string): text is CacheKey {
  return isDigest(text)
}
