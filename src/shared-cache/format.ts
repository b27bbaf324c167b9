import type { CacheRecord, KeyComponents, LayerRecord } from '../cache/index.ts'
import type { Digest } from '../digest/index.ts'
import type { Descriptor } from '../image/index.ts'

/** What a shared cache is called in manifests: docs/cache-format.md. */
export const cacheTypes = {
  /** `artifactType` of its manifest. */
  artifact: 'application/vnd.tsbuild.cache.v1',
  /** Its config: the records. */
  records: 'application/vnd.tsbuild.cache.records.v1+json',
} as const

/** The annotation of an image's manifest that holds the records of its layers. */
export const inlineAnnotation = 'vnd.tsbuild.cache.v1'

/** A record as it travels: with all that its key can be made of again. */
export interface SharedRecord extends Pick<CacheRecord, 'key' | 'created' | 'milliseconds' | 'components' | 'without'> {
  /** What the key was made with beside the components. */
  readonly version: string
  /** When they are there, the key made of these in place of the inputs leads to the same result. */
  readonly chains?: KeyComponents['inputs']
  /** With the descriptor that the layer has in the manifest. */
  readonly layer: LayerRecord
  /** RFC 3339: when a build last made or took it. */
  readonly used: string
  /** It was made by a build that was told not to use caches: it takes the place of the one that is there. Not written. */
  readonly replaces?: true
}

/** The files of a cache of `RUN --mount=type=cache`. */
export interface SharedMount {
  /** As the store names it: docs/cache-format.md. */
  readonly id: string
  readonly blob: Descriptor
  /** Of the tar. */
  readonly diffId: Digest
  /** RFC 3339. */
  readonly saved: string
}

/** All that is in a shared cache. */
export interface SharedCache {
  readonly records: readonly SharedRecord[]
  readonly mounts: readonly SharedMount[]
}

export const emptyCache: SharedCache = { records: [], mounts: [] }

/** More than this is no cache of ours. */
export const mostRecords = 10_000
export const mostMounts = 1000
