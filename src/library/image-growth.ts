import { layersOf, readStored } from '../bases/index.ts'
import type { BuiltImage } from '../build.ts'
import { TsbuildError } from '../errors.ts'
import type { Executed } from '../executor/index.ts'
import type { Node } from '../graph/index.ts'
import { type Image, type Layer, type Platform, parseReference, tryReference } from '../image/index.ts'
import type { BuildOptions } from '../options.ts'
import { imageFor } from '../store/index.ts'
import { humanSize } from '../text/index.ts'
import { type Tree, walk } from '../tree/index.ts'
import { findStored } from './find-stored.ts'
import type { Session } from './session.ts'

/** The size of an image beside that of the one it takes the place of. Bytes of layers as the store keeps or knows them. */
export interface ImageGrowth {
  /** As people call the other one. */
  readonly against: string
  readonly before: number
  readonly now: number
}

type Limits = Pick<BuildOptions, 'maxSize' | 'maxGrowth'>

/** The image that another is held against. */
export interface FormerImage {
  /** As people call it. */
  readonly against: string
  readonly layers: readonly Layer[]
}

/**
 * Holds a built image against what it may be, and against another one.
 * @param compared what `--compare-to` names; without it, what the name stands for by now
 * @param name in normal form: what the image will be called, if anything
 * @throws {TsbuildError} TSB_IMAGE_TOO_LARGE, TSB_IMAGE_GREW
 */
export async function growthOf(
  built: BuiltImage,
  executed: Executed,
  compared: FormerImage | undefined,
  name: string | undefined,
  limits: Limits,
  session: Session,
): Promise<ImageGrowth | undefined> {
  const layers = await sizedLayers(built, executed)
  if (limits.maxSize !== undefined) await checkSize(layers, limits.maxSize)
  const platform = platformOf(built.image)
  const former = compared ?? (await namedImage(name, platform, session))
  if (!former) return undefined
  const before = await Promise.all(former.layers.map((layer) => sized(layer)))
  if (limits.maxGrowth !== undefined) await checkGrowth(layers, before, former.against, limits.maxGrowth, session)
  return { against: former.against, before: total(before), now: total(layers) }
}

interface SizedLayer {
  readonly layer: Layer
  readonly diffId: string
  readonly size: number
  /** Absent for one of the base. */
  readonly node?: Node
}

async function sized(layer: Layer, node?: Node): Promise<SizedLayer> {
  const [diffId, { size }] = await Promise.all([layer.diffId(), layer.descriptor()])
  return { layer, diffId, size, ...(node && { node }) }
}

function total(layers: readonly SizedLayer[]): number {
  return layers.reduce((sum, { size }) => sum + size, 0)
}

async function sizedLayers({ image, plan }: BuiltImage, { records }: Executed): Promise<readonly SizedLayer[]> {
  const nodes = new Map(plan.nodes.map((node) => [node.id, node]))
  const steps = plan.image.history.flatMap(({ layer }) => (layer && records.has(layer) ? [nodes.get(layer)] : []))
  const below = plan.image.config.rootfs.diff_ids.length
  return Promise.all(image.layers.map((layer, i) => sized(layer, steps[i - below])))
}

function platformOf({ config: { os, architecture, variant } }: Image): Platform {
  return { os, architecture, ...(variant && { variant }) }
}

/** What the name stands for by now; undefined where that is nothing. */
async function namedImage(
  name: string | undefined,
  platform: Platform,
  session: Session,
): Promise<FormerImage | undefined> {
  if (name === undefined || !(await session.store.images.find(name))) return undefined
  return ofStore(name, platform, session)
}

/**
 * What `--compare-to` names: an image of the store, else of its registry, of which no layer is fetched.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND and those of registries, which name the flag
 */
export async function comparedImage(
  compareTo: string,
  platform: Platform,
  session: Session,
): Promise<FormerImage | undefined> {
  try {
    if (/^(?:sha256:)?[0-9a-f]{12,64}$/.test(compareTo)) return await ofStore(compareTo, platform, session)
    return await ofRegistryToo(compareTo, platform, session)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const { code, message, hint, cause } = error
    throw new TsbuildError(code, `--compare-to: ${message}`, { hint, cause })
  }
}

async function ofRegistryToo(name: string, platform: Platform, { bases, cache, store }: Session): Promise<FormerImage> {
  const { image } = await bases.resolve(name, platform).catch(async (error: unknown) => {
    if (!tryReference(name)) throw error
    const { missingHereToo } = await import('../find-image.ts')
    throw await missingHereToo(error, name, store)
  })
  const layers = await bases.layersOf(image)
  return {
    against: name,
    layers: layers.map(({ descriptor, diffId }) => cache.layers.fromDescriptor(descriptor, diffId)),
  }
}

async function ofStore(name: string, platform: Platform, session: Session): Promise<FormerImage | undefined> {
  const { store, cache } = session
  const chosen = imageFor(await findStored(name, session), platform)
  if (!chosen) return undefined
  const documents = await readStored(store, chosen.manifest.digest)
  const { config } = documents
  const layers = layersOf(documents).map(({ descriptor, diffId }) => cache.layers.fromDescriptor(descriptor, diffId))
  const isSame = config.os === platform.os && config.architecture === platform.architecture
  const against = /^[0-9a-f:]*$/.test(name) ? name : parseReference(name).familiar
  return isSame ? { against, layers } : undefined
}

async function checkSize(layers: readonly SizedLayer[], most: number): Promise<void> {
  const size = total(layers)
  if (size <= most) return
  const own = layers.filter(({ node }) => node).sort((a, b) => b.size - a.size)
  const [largest] = own
  const base = size - total(own)
  const parts = own.slice(0, 3).map((layer) => `${layer.node?.label} ${humanSize(layer.size)}`)
  const files = largest ? largestFiles(await filesIn([largest]), new Map()) : []
  const where = [...parts, ...(base > 0 ? [`the base ${humanSize(base)}`] : [])].join(', ')
  throw new TsbuildError(
    'TSB_IMAGE_TOO_LARGE',
    `the image has ${humanSize(size)}, and --max-size allows ${humanSize(most)}: ${where}${inFiles(files)}`,
    {
      at: largest?.node?.at,
      hint: 'copy what is needed from a build stage, or remove files in the RUN that makes them',
    },
  )
}

/** Only layers that the other image has not are looked at: the same ones are the same size. */
async function checkGrowth(
  now: readonly SizedLayer[],
  before: readonly SizedLayer[],
  against: string,
  most: NonNullable<BuildOptions['maxGrowth']>,
  { store }: Session,
): Promise<void> {
  const [known, kept] = [new Set(before.map(({ diffId }) => diffId)), new Set(now.map(({ diffId }) => diffId))]
  const added = now.filter(({ diffId }) => !known.has(diffId))
  const removed = before.filter(({ diffId }) => !kept.has(diffId))
  if (added.length === 0) return
  const [is, was] = [await filesIn(added), await filesIn(removed)]
  const growth = bytesOf(is) - bytesOf(was)
  if (typeof most === 'number' && growth <= most) return
  const former =
    bytesOf(was) +
    (await bytesInFiles(
      before.filter(({ diffId }) => kept.has(diffId)),
      store,
    ))
  const allowed = typeof most === 'number' ? most : (former * Number.parseFloat(most)) / 100
  if (growth <= allowed) return
  const sizes = await Promise.all(added.map(async (layer) => ({ layer, bytes: bytesOf(await filesIn([layer])) })))
  const [largest] = sizes.filter(({ layer }) => layer.node).sort((a, b) => b.bytes - a.bytes)
  const percent = former === 0 ? '' : ` (${((growth / former) * 100).toFixed(1)}%)`
  const step = largest ? `, most of it by ${largest.layer.node?.label} (${humanSize(largest.bytes)})` : ''
  const limit = typeof most === 'number' ? humanSize(most) : most
  throw new TsbuildError(
    'TSB_IMAGE_GREW',
    `the image grew by ${humanSize(growth)}${percent} against ${against}, and --max-growth allows ${limit}${step}${inFiles(largestFiles(is, was))}`,
    { at: largest?.layer.node?.at, hint: 'keep those files out, or allow more by --max-growth' },
  )
}

/** Bytes of the files in all of these; of a layer that is not here, which nobody fetches for this, those of its blob. */
async function bytesInFiles(layers: readonly SizedLayer[], { blobs }: Session['store']): Promise<number> {
  let bytes = 0
  for (const each of layers) {
    const { digest, size } = await each.layer.descriptor()
    bytes += (await blobs.has(digest, size)) ? bytesOf(await filesIn([each])) : size
  }
  return bytes
}

type Sizes = ReadonlyMap<string, number>

/** Bytes of the files in some layers, by path; a layer above counts for those below. */
async function filesIn(layers: readonly SizedLayer[]): Promise<Sizes> {
  const sizes = new Map<string, number>()
  for (const { layer } of layers) for (const [path, size] of filesOf(await layer.tree())) sizes.set(path, size)
  return sizes
}

function* filesOf(tree: Tree): Iterable<readonly [path: string, size: number]> {
  for (const change of walk(tree)) if (change.kind === 'file') yield [change.path, change.size]
}

function bytesOf(sizes: Sizes): number {
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

/** How many paths an error names. */
const namedPaths = 5

/** What grew most: `/app/big.bin 12MB`, `/app/data 3MB → 9MB`. */
function largestFiles(now: Sizes, before: Sizes): readonly string[] {
  return [...now]
    .map(([path, size]) => ({ path, size, was: before.get(path) ?? 0 }))
    .filter(({ size, was }) => size > was)
    .sort((a, b) => b.size - b.was - (a.size - a.was))
    .slice(0, namedPaths)
    .map(({ path, size, was }) => `/${path} ${was > 0 ? `${humanSize(was)} → ` : ''}${humanSize(size)}`)
}

function inFiles(files: readonly string[]): string {
  return files.length === 0 ? '' : `; largest: ${files.join(', ')}`
}
