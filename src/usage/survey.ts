import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cacheHoldings } from '../cache/index.ts'
import { type Digest, sha256 } from '../digest/index.ts'
import { damagedSuffix, type HeldImage, mountPoints, type Store } from '../store/index.ts'
import { bytesOf, type Entry } from './entry.ts'
import { buildEntries, fetchedEntries, keptEntries, mountEntries } from './kept-aside.ts'
import { describeLayer, type HeldLayer, heldLayers } from './layers.ts'
import { type Measure, openMeasure } from './measure.ts'

/** What a survey found. */
export interface Inventory {
  /** All that the store has, but what belongs to running commands. */
  readonly entries: readonly Entry[]
  readonly mounts: ReadonlySet<string>
}

/**
 * Looks at all of a store. Takes no lock: what goes meanwhile is passed over.
 * @param known sizes that an earlier survey found, of what does not change
 * @param own the manifest of an image that counts as if it had a name
 * @throws {TsbuildError} TSB_STORE_DAMAGED, TSB_DIGEST_MISMATCH when it cannot be known what images need
 */
export async function survey(store: Store, known = new Map<string, number>(), own?: Digest): Promise<Inventory> {
  const mounts = await mountPoints()
  const trees = join(store.root, 'trees/')
  const measure = openMeasure(mounts, known, (path) => path.startsWith(trees))
  // Records first: one that is made meanwhile with a layer of an image is not seen without the image.
  const holdings = cacheHoldings(store.root)
  const images = await store.images.held()
  const { layers, strange } = heldLayers(store.root, holdings, images)
  const isKept = ({ names, manifest }: HeldImage) => names.length > 0 || manifest === own
  const needed = new Set(images.filter(isKept).flatMap((image) => image.needed))
  const idsOfChains = new Map(
    layers.flatMap(({ hex, chains }) => [...chains].map((chain) => [chain, idOf(hex)] as const)),
  )
  const facts = { store, measure, needed, idsOfChains, packed: holdings.packed }
  const entries: Entry[] = []
  for (const layer of layers) entries.push(await layerEntry(layer, facts))
  const ofLayers = new Set(layers.flatMap(({ blobs }) => [...blobs]))
  for (const image of images) entries.push(await imageEntry(image, isKept(image), ofLayers, facts))
  const accounted = new Set([...ofLayers, ...images.flatMap((image) => image.needed)])
  entries.push(...(await danglingEntries(accounted, holdings.loose, strange, facts)))
  entries.push(...(await strangeEntries(holdings.strange, facts)))
  for (const [name, files] of holdings.memos) entries.push(...(await memoEntry(name, files, facts)))
  entries.push(...(await mountEntries(join(store.root, 'mounts'), measure)))
  entries.push(...(await keptEntries(store.root, measure)))
  entries.push(...(await fetchedEntries(join(store.root, 'cache', 'remotes'), measure)))
  entries.push(...(await buildEntries(store.root, measure)))
  return { entries: entries.filter(({ parts, shared }) => parts.length + shared.length > 0), mounts }
}

interface Facts {
  readonly store: Store
  readonly measure: Measure
  /** By images that stay. */
  readonly needed: ReadonlySet<Digest>
  readonly idsOfChains: ReadonlyMap<Digest, string>
  readonly packed: ReadonlyMap<Digest, readonly string[]>
}

/** @param hex at least 25 digits */
export function idOf(hex: string): string {
  return hex.slice(0, 25)
}

async function layerEntry(layer: HeldLayer, facts: Facts): Promise<Entry> {
  const { measure, needed, packed } = facts
  const { records, forms, trees, images } = layer
  const blobs = [...layer.blobs]
  const leading = records.flatMap(({ file, others }) => [file, ...others])
  const made = [...forms, ...blobs.flatMap((blob) => packed.get(blob) ?? [])]
  const filesOf = (digests: readonly Digest[]) => digests.flatMap((digest) => blobFiles(digest, facts))
  const free = filesOf(blobs.filter((blob) => !needed.has(blob)))
  const id = idOf(layer.hex)
  const times = [...leading, ...made, ...filesOf(blobs)].map(measure.time)
  const created = records.map(({ record }) => Date.parse(record.created))
  return {
    id,
    type: 'regular',
    description: describeLayer(layer),
    parents: parentsOf(id, layer, facts),
    ...(created.length > 0 && { created: Math.min(...created) }),
    lastUsed: Math.max(0, ...times),
    uses: records.length + images.size,
    mutable: false,
    parts: await measure.parts([...leading, ...made, ...trees, ...free]),
    shared: await measure.parts(filesOf(blobs.filter((blob) => needed.has(blob)))),
    holds: [],
    kept: false,
    noted: records.length > 0 && images.size === 0,
    dangling: records.length === 0 && images.size === 0,
  }
}

function parentsOf(id: string, { below }: HeldLayer, { idsOfChains }: Facts): readonly string[] {
  const ids = [...below].flatMap((chain) => idsOfChains.get(chain) ?? [])
  return [...new Set(ids)].filter((parent) => parent !== id)
}

/** A blob, and where it could be had. */
function blobFiles(digest: Digest, { store }: Pick<Facts, 'store'>): readonly string[] {
  const path = store.blobs.path(digest)
  return [path, join(store.root, 'origins', basename(path))]
}

/** Its documents; what it has of layers is theirs, but for what they do not know. */
async function imageEntry(
  image: HeldImage,
  kept: boolean,
  ofLayers: ReadonlySet<Digest>,
  facts: Facts,
): Promise<Entry> {
  const { measure, needed } = facts
  const own = image.needed.filter((digest) => !ofLayers.has(digest))
  const files = (isShared: boolean) =>
    measure.parts(own.filter((digest) => needed.has(digest) === isShared).flatMap((each) => blobFiles(each, facts)))
  const lastUsed = measure.time(facts.store.blobs.path(image.manifest))
  return {
    id: idOf(image.manifest.slice('sha256:'.length)),
    type: 'image',
    description: image.names.join(', ') || 'image without a name',
    parents: image.layers.slice(-1).map(({ diffId }) => idOf(diffId.slice('sha256:'.length))),
    lastUsed,
    uses: image.names.length,
    mutable: false,
    parts: await files(false),
    shared: await files(true),
    holds: kept ? [] : image.layers.map(({ diffId }) => idOf(diffId.slice('sha256:'.length))),
    kept,
    noted: false,
    dangling: !kept,
    ...(!kept && { untagged: image.manifest }),
  }
}

const plain = { parents: [], uses: 0, mutable: false, shared: [], holds: [], kept: false, noted: false } as const

/** Blobs, places of blobs and directories that nothing leads to, each by itself, and all other files of that kind together. */
async function danglingEntries(
  known: ReadonlySet<string>,
  loose: readonly string[],
  strange: readonly string[],
  facts: Facts,
): Promise<readonly Entry[]> {
  const { store, measure } = facts
  const names = new Set(
    [join('oci', 'blobs', 'sha256'), 'origins'].flatMap((each) => readdirSync(join(store.root, each))),
  )
  const blobs = [...names].filter((name) => /^[0-9a-f]{64}$/.test(name) && !known.has(`sha256:${name}`))
  const entries: Entry[] = []
  for (const hex of blobs) {
    const files = [join(store.root, 'oci', 'blobs', 'sha256', hex), join(store.root, 'origins', hex)]
    entries.push(await entryOf(idOf(hex), 'blob that nothing needs', files))
  }
  for (const path of strange) {
    entries.push(await entryOf(idOf(sha256(path).slice(7)), 'directory of a layer that is gone', [path]))
  }
  if (loose.length > 0) entries.push(await entryOf('unreachable', 'files that nothing leads to', loose))
  return entries

  async function entryOf(id: string, description: string, files: readonly string[]): Promise<Entry> {
    const lastUsed = Math.max(...files.map(measure.time))
    return { ...plain, id, type: 'regular', description, lastUsed, parts: await measure.parts(files), dangling: true }
  }
}

/** Damaged blobs that were put aside, and what is in the cache and not of it. */
async function strangeEntries(inCache: readonly string[], { store, measure }: Facts): Promise<readonly Entry[]> {
  const folder = join(store.root, 'oci', 'blobs', 'sha256')
  const damaged = readdirSync(folder).filter((name) => name.endsWith(damagedSuffix))
  const kinds = [
    ['damaged', 'damaged blobs that were put aside', damaged.map((name) => join(folder, name))],
    ['strange', 'files of the cache that are not of tsbuild', inCache],
  ] as const
  const entries: Entry[] = []
  for (const [id, description, files] of kinds) {
    const lastUsed = Math.max(0, ...files.map(measure.time))
    const parts = await measure.parts(files)
    entries.push({ ...plain, id, type: 'internal', description, lastUsed, parts, dangling: true })
  }
  return entries
}

async function memoEntry(name: string, files: readonly string[], { measure }: Facts): Promise<readonly Entry[]> {
  const parts = await measure.parts(files)
  if (bytesOf(parts) === 0) return []
  const lastUsed = Math.max(...files.map(measure.time))
  const description = memos[name] ?? name
  return [{ ...plain, id: name.replaceAll(' ', '-'), type: 'internal', description, lastUsed, parts, dangling: false }]
}

/** What that is which only saves time, for people. */
const memos: Readonly<Record<string, string>> = {
  plans: 'plans of Dockerfiles that were built',
  surveys: 'digests of directories of contexts, by what their files look like',
  'looks at layers': 'which layers were read whole and found undamaged',
  steps: 'the newest records of each step: why it is not cached',
  'stat index': 'digests of files of contexts, by what they look like',
  probes: 'what shuts steps in on this machine',
}
