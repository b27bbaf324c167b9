import path from 'node:path'
import type { ArchiveSource } from '../archive/index.ts'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { PinnedImage } from '../graph/index.ts'
import {
  type Descriptor,
  formatImageSource,
  type ImageConfig,
  type Platform,
  parseImageSource,
  parseReference,
  type Reference,
  samePlatform,
} from '../image/index.ts'
import type { Limits } from '../limits.ts'
import type { BaseImage, BaseImages } from '../planner/index.ts'
import type { Registry, RemoteImage } from '../registry/index.ts'
import { imageFor, noImageFor, type Store, type StoredImage, type WholeBlobs } from '../store/index.ts'
import {
  digestOf,
  keep,
  layersOf,
  type NamedLayer,
  nameKept,
  otherUnder,
  readStored,
  type StoredDocuments,
} from './stored.ts'
import { takeLayers } from './take-in.ts'

export interface BasesOptions {
  readonly store: Store
  /** What is known of the blobs of the store. */
  readonly wholeBlobs: WholeBlobs
  /** Asked for the first time that a registry is needed: a build that finds all in the store loads no client. */
  readonly registry: () => Promise<Registry>
  /** `missing`: the store first. `always`: the registry, for every name. `never`: the store alone. */
  readonly pull: 'always' | 'missing' | 'never'
  /** What relative paths in `oci-layout://` and `oci-archive:` are relative to. */
  readonly cwd: string
  /**
   * false: nothing is written to the store, for looking only. The layers of what was found cannot be asked for then. `at-end`: what
   * a registry has gets its name by `named` alone. `when-done`: that is so for a name that stands for another image, and others are
   * given while the work goes on.
   */
  readonly remember?: boolean | 'at-end' | 'when-done'
  readonly limits?: Limits
  readonly signal?: AbortSignal
}

/** The images that a build stands on. */
export interface Bases extends BaseImages {
  /** The layers of an image that `resolve` gave, lowest first. */
  layersOf(image: PinnedImage): Promise<readonly NamedLayer[]>
  /** What a registry has under a name that `resolve` asked it for: an image, or an index. undefined: none was asked. */
  rootOf(reference: string): Descriptor | undefined
  /** Gives the names that were to wait, and waits as `settled` does. */
  named(): Promise<void>
  /**
   * Waits until what is being named has its names. An error of that is thrown once.
   * @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY; TSB_BLOB_MISSING for an image that was removed meanwhile
   */
  settled(): Promise<void>
}

/**
 * Finds base images in the store, in registries, layouts and archives. What was found is kept in the store under its name,
 * without its layers, so that the next build asks nobody; within one build a name always means the same image.
 */
export function openBases(options: BasesOptions): Bases {
  const { store } = options
  const found = new Map<string, Promise<BaseImage>>()
  const roots = new Map<string, Descriptor>()
  const naming: Promise<void>[] = []
  const waiting: (() => Promise<void>)[] = []
  const remembered: Remember = async (image, reference) => {
    roots.set(reference.normal, image.root)
    if (options.remember === false) return
    await keep(store, image, image.location)
    const give = () => nameKept(store, image, image.location, [reference])
    if (options.remember === 'at-end') waiting.push(give)
    else if (options.remember === 'when-done') await giveMeanwhile(give, image, reference)
    else await give()
  }
  const giveMeanwhile = async (give: () => Promise<void>, image: RemoteImage, reference: Reference) => {
    const other = await otherUnder(store, reference, image)
    if (other === undefined) begin(give)
    // Who gave the name to something else meanwhile knows better.
    else waiting.push(async () => ((await digestOf(store, reference)) === other ? give() : undefined))
  }
  /** Their files are synced, which takes time that others can use. */
  const begin = (give: () => Promise<void>) => {
    const named = give()
    named.catch(() => {})
    naming.push(named)
  }
  const settled = async () => {
    const ends = await Promise.allSettled(naming.splice(0))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  /** Documents of the store are what their digests say: none is read twice. */
  const known = new Map<Digest, Promise<StoredDocuments>>()
  const stored: StoredOf = (manifest) => {
    const documents = known.get(manifest) ?? readStored(store, manifest)
    known.set(manifest, documents)
    return documents
  }
  return {
    resolve(reference, platform) {
      const key = JSON.stringify([reference, platform])
      const base = found.get(key) ?? find(reference, platform, options, stored, remembered)
      found.set(key, base)
      return base
    },
    async layersOf(image) {
      return layersOf(await stored(image.manifest))
    },
    async named() {
      for (const give of waiting.splice(0)) begin(give)
      await settled()
    },
    settled,
    rootOf: (reference) => roots.get(parseReference(reference).normal),
  }
}

/** Takes note of what a registry gave. */
type Remember = (image: RemoteImage, reference: Reference) => Promise<void>

type StoredOf = (manifest: Digest) => Promise<StoredDocuments>

async function find(
  text: string,
  platform: Platform,
  options: BasesOptions,
  storedOf: StoredOf,
  remember: Remember,
): Promise<BaseImage> {
  const source = parseImageSource(text)
  if (source.kind !== 'reference') {
    return fromArchive({ ...source, path: path.resolve(options.cwd, source.path) }, platform, options)
  }
  const { reference } = source
  const named = options.pull === 'always' ? undefined : await options.store.images.find(reference.normal)
  const stored = named && (await inStore(reference, named, platform, storedOf))
  const fits = stored && (reference.digest === stored.image.manifest || samePlatform(stored.platform, platform))
  if (fits || (stored && options.pull === 'never')) return stored
  if (options.pull === 'never') throw named ? noImageFor(named, platform, reference.familiar) : notStored(reference)
  return fromRegistry(reference, platform, options, remember).catch((error: unknown) => {
    if (!named || !isOutOfReach(error)) throw error
    if (stored) return stored
    throw noImageFor(named, platform, reference.familiar)
  })
}

/** An image for another platform, which planning warns of, is better than none. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof TsbuildError && ['TSB_REGISTRY_UNREACHABLE', 'TSB_IMAGE_NOT_FOUND'].includes(error.code)
}

/** The image that the store has under a name; undefined for an index with none that could do. */
async function inStore(
  reference: Reference,
  named: StoredImage,
  platform: Platform,
  storedOf: StoredOf,
): Promise<BaseImage | undefined> {
  const stored = imageFor(named, platform)
  if (!stored) return undefined
  const { config } = await storedOf(stored.manifest.digest)
  return baseOf(reference.normal, stored.manifest.digest, config)
}

async function fromRegistry(
  reference: Reference,
  platform: Platform,
  options: BasesOptions,
  remember: Remember,
): Promise<BaseImage> {
  const registry = await options.registry()
  const image = await registry.resolve(reference, platform, options.signal)
  await remember(image, reference)
  return baseOf(reference.normal, image.descriptor.digest, image.config)
}

/** The layers of a docker archive have no place of their own that could be remembered: they are taken in at once. */
async function fromArchive(source: ArchiveSource, platform: Platform, options: BasesOptions): Promise<BaseImage> {
  const { store } = options
  const { openArchivedImage } = await import('../archive/index.ts')
  const image = await openArchivedImage(source, platform, store.temporary, options.limits)
  if (options.remember !== false) {
    if (source.kind === 'docker-archive') await takeLayers(store, image, options.wholeBlobs)
    const location = source.kind === 'docker-archive' ? undefined : `${source.kind}://${source.path}`
    await keep(store, image, location)
  }
  return baseOf(formatImageSource(source), image.descriptor.digest, image.config)
}

function baseOf(name: string, manifest: Digest, config: ImageConfig): BaseImage {
  const { os, architecture, variant } = config
  return {
    image: { name, manifest },
    platform: { os, architecture, ...(variant && { variant }) },
    config,
  }
}

function notStored({ familiar }: Reference): TsbuildError {
  return new TsbuildError('TSB_IMAGE_NOT_FOUND', `no such image in the store: ${familiar}`, {
    hint: `with --pull=never no registry is asked: tsbuild pull ${familiar}, or load it, before`,
  })
}
