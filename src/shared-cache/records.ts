import { type CacheRecord, cacheKey, type KeyComponents } from '../cache/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { SharedRecord } from './format.ts'

/** How a step of a build got its layer. */
export interface KeyedRecord {
  readonly record: CacheRecord
  readonly version: string
  readonly chains?: KeyComponents['inputs']
  /** It was made, and not looked up, since that was asked for. */
  readonly replaces?: true
}

/**
 * The record of a step as it travels.
 * @param blob the layer as it leaves
 * @param now milliseconds since 1970
 * @returns undefined for a record that a later build could not find
 */
export function sharedRecord(
  { record, version, chains, replaces }: KeyedRecord,
  blob: Descriptor,
  now: number,
): SharedRecord | undefined {
  const { key, created, milliseconds, components, without, layer } = record
  if (cacheKey(version, components) !== key) return undefined
  const { mediaType, digest, size } = blob
  return {
    key,
    version,
    components,
    ...(chains && { chains }),
    layer: { diffId: layer.diffId, contentId: layer.contentId, descriptor: { mediaType, digest, size } },
    created,
    milliseconds,
    ...(without && { without }),
    ...(replaces && { replaces }),
    used: new Date(now).toISOString(),
  }
}
