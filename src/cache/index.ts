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
export { chainOf, emptyChain } from './chain.ts'
export { type CacheLook, checkCache } from './check/check.ts'
export { type CacheHoldings, cacheHoldings, chainAbove, describeRecord, type HeldRecord } from './holdings.ts'
export { cacheKey, quickCacheKey } from './key.ts'
export { treeNames } from './layer-places.ts'
export type { Find, LayerWatch } from './layer-search.ts'
export { mountIdFile } from './mount-id.ts'
export { type CacheOptions, openCache } from './open.ts'
export { openProbes } from './probes.ts'
export { mostAlike, stepIdentity } from './records.ts'
export { repairing } from './repairing.ts'
export { isSettled } from './settled.ts'
