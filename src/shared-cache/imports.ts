import {
  type Cache,
  type CacheKey,
  type CacheRecord,
  type KeyComponents,
  type LayerRecord,
  mostAlike,
  quickCacheKey,
  stepIdentity,
} from '../cache/index.ts'
import { type Digest, digestOf } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Image, Layer } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import type { Store } from '../store/index.ts'
import { emptyCache, type SharedCache, type SharedMount, type SharedRecord } from './format.ts'

/** A shared cache that may be asked. */
export interface CacheSource {
  /** For people. */
  readonly name: string
  /** Where its layers are, as `BlobOrigin` has it. */
  readonly location: string
  /** Reads the records. Asked at most once; says itself why there are none. */
  readonly load: () => Promise<SharedCache>
  /** Layers are fetched and looked at before a record is given. */
  readonly verify?: true
}

/** Shared caches behind a store's own. */
export interface Imports {
  /**
   * The cache of the store, and where that has nothing the shared ones, in their order. No layer is fetched before somebody
   * reads it; what is taken from them is not written into the records of the store.
   */
  readonly cache: Cache
  /** Begins to read the records of the shared caches, for who knows that they will be asked for. */
  begin(): void
  /** Waits until no source is being read any more, however that ends. */
  ended(): Promise<void>
  /** How many layers turned out not to be what their records say: each of them is not given again. */
  refused(): number
  isRefused(blob: Digest): boolean
  /** Says that a layer could not be had: one that is from a source is not given again. */
  lost(blob: Digest, error: unknown): void
  /**
   * Fetches layers of an image and looks at them: those that are in folders of this machine, which may go, and those whose
   * bytes are to leave.
   * @param leaves whether layers that are in a place, as `BlobOrigin` has it, are read when the image is written
   */
  settle(image: Image, leaves: (location: string) => boolean): Promise<void>
}

/** @param refuse told of a layer that could not be used, and why. What it throws is the error of who wanted it */
export function openImports(
  cache: Cache,
  store: Store,
  sources: readonly CacheSource[],
  limits: Limits,
  refuse: (source: CacheSource, error: TsbuildError) => void,
): Imports {
  const { blobs } = store
  let loading: readonly Promise<Indexed>[] | undefined
  const loaded = () => {
    loading ??= sources.map(async (source) => index(source, await source.load()))
    return Promise.all(loading)
  }
  const refused = new Set<Digest>()
  const given = new Map<string, CacheSource>()
  const usable = ({ layer }: SharedRecord) => !refused.has(layer.descriptor.digest)
  const find = async (key: CacheKey): Promise<CacheRecord | undefined> => {
    for (const { source, byKey } of await loaded()) {
      const record = byKey.get(key)
      if (!record || !usable(record)) continue
      given.set(nameOf(record.layer), source)
      const { digest } = record.layer.descriptor
      if (!(await blobs.origin(digest))) await blobs.rememberOrigin(digest, source)
      if (source.verify && !(await isRight(layerOf(record.layer, source)))) continue
      return recordFrom(record, source)
    }
    return undefined
  }
  const refusing = (record: LayerRecord, source: CacheSource) => (error: TsbuildError) => {
    refuse(source, error)
    refused.add(record.descriptor.digest)
  }
  const layerOf = (record: LayerRecord, source: CacheSource) =>
    guarded(cache.layers.fromOthers(record), record, source, blobs, refusing(record, source))
  /** @returns false when it cannot be used: somebody else may have it, or it begins empty. */
  const takeMount = async (mount: SharedMount, source: CacheSource, directory: string) => {
    try {
      await blobs.rememberOrigin(mount.blob.digest, source)
      await (await mountFiles()).unpackMount(mount, directory, store, limits)
      return true
    } catch (error) {
      if (!(error instanceof TsbuildError) || ownFaults.has(error.code)) throw error
      refuse(source, error)
      return false
    }
  }
  const alike = async ({ definition }: Pick<KeyComponents, 'definition'>) => {
    const step = stepIdentity({ definition })
    return (await loaded()).flatMap(({ source, bySteps }) =>
      (bySteps.get(step) ?? []).filter(usable).map((record) => recordFrom(record, source)),
    )
  }
  return {
    cache: {
      ...cache,
      async cacheMount(id) {
        const base = await cache.cacheMount(id)
        const directory = `${base}/shared`
        if (await (await mountFiles()).isDirectory(directory)) return base
        for (const { source, mounts } of await loaded()) {
          const mount = mounts.find((one) => one.id === id)
          if (mount && (await takeMount(mount, source, directory))) break
        }
        return base
      },
      records: {
        ...cache.records,
        find: async (key) => (await cache.records.find(key)) ?? (await find(key)),
        save: async (record) => (record.source === undefined ? cache.records.save(record) : undefined),
        nearest: async (components) =>
          (await cache.records.nearest(components)) ?? mostAlike(components, await alike(components)),
        async hasLike(components) {
          if (await cache.records.hasLike(components)) return true
          const [wanted, { parent }] = [digestOf(components.definition), components]
          const found = await alike(components)
          return found.some((one) => one.components.parent === parent && digestOf(one.components.definition) === wanted)
        },
      },
      layers: {
        ...cache.layers,
        async search(record, wanted) {
          const source = given.get(nameOf(record))
          const search = () => cache.layers.search(record, wanted)
          return source ? attempting(search, record, source, blobs, refusing(record, source)) : search()
        },
        fromRecord(record) {
          const source = given.get(nameOf(record))
          return source ? layerOf(record, source) : cache.layers.fromRecord(record)
        },
      },
    },
    // Whoever asks for a record is told what failed.
    begin: () => void loaded().catch(() => {}),
    async ended() {
      await Promise.allSettled(loading ?? [])
    },
    refused: () => refused.size,
    isRefused: (blob) => refused.has(blob),
    lost(blob, error) {
      const source = [...given].find(([name]) => name.startsWith(`${blob} `))?.[1]
      if (!source || !(error instanceof TsbuildError) || ownFaults.has(error.code)) return
      refuse(source, error)
      refused.add(blob)
    },
    async settle({ layers }, leaves) {
      let failure: unknown
      for (const layer of layers) {
        const source = given.get(nameOf({ descriptor: await layer.descriptor(), diffId: await layer.diffId() }))
        if (!source || !(source.location.startsWith('oci-layout:') || leaves(source.location))) continue
        const record = {
          descriptor: await layer.descriptor(),
          diffId: await layer.diffId(),
          contentId: await layer.contentId(),
        }
        try {
          await layerOf(record, source).tree('part')
        } catch (error) {
          // All that are of no use are known before the work is done again.
          if (!refused.has(record.descriptor.digest)) throw error
          failure ??= error
        }
      }
      if (failure !== undefined) throw failure
    },
  }
}

/** Most caches have no mounts, and what unpacks them is much. */
const mountFiles = () => import('./mounts.ts')

/** What is wrong was said by whoever found it. */
async function isRight(layer: Layer): Promise<boolean> {
  try {
    await layer.tree('part')
    return true
  } catch (error) {
    if (error instanceof TsbuildError && !ownFaults.has(error.code)) return false
    throw error
  }
}

interface Indexed {
  readonly source: CacheSource
  readonly byKey: ReadonlyMap<CacheKey, SharedRecord>
  /** The newest first. */
  readonly bySteps: ReadonlyMap<Digest, readonly SharedRecord[]>
  readonly mounts: readonly SharedMount[]
}

function index(source: CacheSource, { records, mounts }: SharedCache = emptyCache): Indexed {
  const byKey = new Map<CacheKey, SharedRecord>()
  for (const record of records) {
    const { version, components, chains } = record
    if (chains) byKey.set(quickCacheKey(version, { ...components, inputs: chains }), record)
    byKey.set(record.key, record)
  }
  const newest = records.toSorted((a, b) => (a.used < b.used ? 1 : -1))
  return { source, byKey, bySteps: Map.groupBy(newest, ({ components }) => stepIdentity(components)), mounts }
}

function recordFrom(record: SharedRecord, { name }: CacheSource): CacheRecord {
  const { key, layer, created, milliseconds, components, without } = record
  return { key, layer, created, milliseconds, components, ...(without && { without }), source: name }
}

function nameOf({ descriptor, diffId }: Pick<LayerRecord, 'descriptor' | 'diffId'>): string {
  return `${descriptor.digest} ${diffId}`
}

/** What has nothing to do with the cache that the layer is from, and what ends the build. */
const ownFaults: ReadonlySet<string> = new Set([
  'TSB_DISK_FULL',
  'TSB_STORE_READ_ONLY',
  'TSB_STORE_UNSAFE',
  'TSB_CACHE_IMPORT',
])

/** The layer, for which the source is asked when it is not where it was before; `refuse` is told when that fails. */
function guarded(
  layer: Layer,
  record: LayerRecord,
  source: CacheSource,
  blobs: Store['blobs'],
  refuse: (error: TsbuildError) => void,
): Layer {
  const attempt = <T>(work: () => Promise<T>) => attempting(work, record, source, blobs, refuse)
  return {
    ...layer,
    tree: (use) => attempt(() => layer.tree(use)),
    directory: () => attempt(() => layer.directory()),
    lower: () => attempt(() => layer.lower()),
  }
}

async function attempting<T>(
  work: () => Promise<T>,
  { descriptor: { digest } }: LayerRecord,
  source: CacheSource,
  blobs: Store['blobs'],
  refuse: (error: TsbuildError) => void,
): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TsbuildError) || ownFaults.has(error.code)) throw error
      if ((await blobs.origin(digest))?.location === source.location) {
        refuse(error)
        throw error
      }
      await blobs.rememberOrigin(digest, source)
    }
  }
}
