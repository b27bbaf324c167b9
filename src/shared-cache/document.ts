import { type CacheKey, cacheKey } from '../cache/index.ts'
import type { Digest, Json } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, type DocumentLimits, mediaTypes, parseJson } from '../image/index.ts'
import type { SharedCache, SharedMount, SharedRecord } from './format.ts'

/** A record as the document has it. */
interface WrittenRecord extends Keyed {
  readonly layer: { readonly blob: Digest; readonly diffId: Digest; readonly contentId: Digest }
  readonly created: string
  readonly used: string
  readonly milliseconds: number
}

/** A record without its layer. */
export interface Keyed extends Pick<SharedRecord, 'key' | 'components' | 'chains' | 'without'> {
  readonly step: string
}

interface Written {
  readonly records: readonly WrittenRecord[]
  readonly mounts: readonly (Omit<SharedMount, 'blob'> & { readonly blob: Digest })[]
}

/** The document of records: the config of the artifact. The same cache gives the same bytes. */
export function recordsDocument({ records, mounts }: SharedCache): Uint8Array {
  const written: Written = {
    records: records.map((record) => ({
      ...keyedOf(record),
      layer: {
        blob: record.layer.descriptor.digest,
        diffId: record.layer.diffId,
        contentId: record.layer.contentId,
      },
      created: record.created,
      used: record.used,
      milliseconds: record.milliseconds,
    })),
    mounts: mounts.map(({ blob, ...mount }) => ({ ...mount, blob: blob.digest })),
  }
  return new TextEncoder().encode(JSON.stringify({ version: 1, ...written }))
}

export function keyedOf({ key, version, components, chains, without }: SharedRecord): Keyed {
  return { key, step: version, components, ...(chains && { chains }), ...(without && { without }) }
}

/**
 * Reads what `recordsDocument` wrote, or somebody who wants it to be taken for that.
 * @param layers those that the manifest lists
 * @throws {TsbuildError} TSB_CACHE_VERSION; TSB_CACHE_FORMAT for what is no such document, TSB_CACHE_KEY for a record under the key of another
 */
export async function readRecords(
  bytes: Uint8Array,
  layers: readonly Descriptor[],
  name: string,
  limits: DocumentLimits,
): Promise<SharedCache> {
  const value = parseJson(bytes, `the records of ${name}`, limits.config, limits.depth)
  checkVersion(value, name)
  const { recordsSchema } = await import('./schema.ts')
  checkShape(recordsSchema, value, name)
  const { records, mounts } = value as Written
  const known = new Map(layers.map((layer) => [layer.digest, layer]))
  return {
    records: records.map(({ layer, created, used, milliseconds, ...keyed }) => ({
      ...checkedKey(keyed, name),
      layer: { ...layerOf(layer, known, name), contentId: layer.contentId },
      created,
      used,
      milliseconds,
    })),
    mounts: mounts.map((mount) => ({ ...mount, blob: layerOf(mount, known, name).descriptor })),
  }
}

/** A cache of a later version is not damaged, and must not be written over. */
function checkVersion(value: unknown, name: string): void {
  const version = new Map<string, unknown>(Object.entries(Object(value))).get('version')
  if (typeof version !== 'number' || version <= 1) return
  throw new TsbuildError(
    'TSB_CACHE_VERSION',
    `${name} is a cache of version ${version}, and this is tsbuild for version 1`,
    {
      hint: 'take the tsbuild that wrote it, or give this one a cache under another name',
    },
  )
}

/** A key is made again of what the record says it was made of: no record can stand under the key of another. */
export function checkedKey(
  { step: version, ...keyed }: Keyed,
  name: string,
): Pick<SharedRecord, 'key' | 'version' | 'components' | 'chains' | 'without'> {
  const key: CacheKey = cacheKey(version, keyed.components)
  if (key === keyed.key) return { ...keyed, version }
  throw new TsbuildError('TSB_CACHE_KEY', `${name}: a record under the key ${keyed.key} is of ${key}`, {
    hint: 'somebody changed the cache; it is not used: write it anew under another name',
  })
}

/** @throws {TsbuildError} TSB_CACHE_FORMAT for a layer that is not listed, or that cannot be one */
export function layerOf(
  { blob, diffId }: { readonly blob: Digest; readonly diffId: Digest },
  known: ReadonlyMap<Digest, Descriptor>,
  name: string,
) {
  const found = known.get(blob)
  if (!found) throw malformed(name, `the layer ${blob} of a record is not in the manifest`)
  const { mediaType, digest, size } = found
  if (!layerTypes.has(mediaType)) throw malformed(name, `layer ${blob} is of the type ${JSON.stringify(mediaType)}`)
  if ((mediaType === mediaTypes.layerTar) !== (digest === diffId)) {
    throw malformed(name, `layer ${blob} is ${digest === diffId ? 'no' : 'a'} plain tar, and its diff id is ${diffId}`)
  }
  return { diffId, descriptor: { mediaType, digest, size } }
}

const layerTypes: ReadonlySet<string> = new Set([
  mediaTypes.layerTar,
  mediaTypes.layerGzip,
  mediaTypes.layerZstd,
  mediaTypes.dockerLayerGzip,
])

export function malformed(name: string, why: string): TsbuildError {
  return new TsbuildError('TSB_CACHE_FORMAT', `${name} is no cache that can be read: ${why}`, {
    hint: 'it is not used; export it anew with this version of tsbuild, or leave it out of --cache-from',
  })
}

interface Schema {
  safeParse(value: unknown): {
    readonly error?:
      | { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] }
      | undefined
  }
}

export function checkShape(schema: Schema, value: Json | unknown, name: string): void {
  const [issue] = schema.safeParse(value).error?.issues ?? []
  if (!issue) return
  const place = issue.path.map(String).join('.')
  throw malformed(name, `${place ? `${place}: ` : ''}${issue.message}`)
}
