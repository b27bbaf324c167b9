export type { Wanted } from './byte-search.ts'
export type {
  Cache,
  CacheKey,
  CacheRecord,
  FileDigests,
  KeyComponents,
  LayerRecord,
  Layers,
  PreparedLayer,
  Records,
} from './cache.ts'
export { cacheKey } from './key.ts'
export type { Find, LayerWatch } from './layer-search.ts'
export { type CacheOptions, openCache } from './open.ts'
export { repairing } from './repairing.ts'
