export {
  cacheTypes,
  emptyCache,
  inlineAnnotation,
  type SharedCache,
  type SharedMount,
  type SharedRecord,
} from './format.ts'
export { type CacheSource, type Imports, openImports } from './imports.ts'
export { withInlineCache } from './inline.ts'
export { cacheArtifact, layersOf } from './manifest.ts'
export { fitting, merged } from './merge.ts'
export { type PackedMount, packMount } from './mounts.ts'
export { type CacheReading, isCache, readCache } from './read.ts'
export { type KeyedRecord, sharedRecord } from './records.ts'
