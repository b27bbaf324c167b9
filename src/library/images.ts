import { open } from 'node:fs/promises'
import path from 'node:path'
import { type ArchivedImage, importRootfs, openArchive, readingArchive } from '../archive/index.ts'
import { readStored, readStoredIndex, takeIn } from '../bases/index.ts'
import { didYouMean, isSystemError, TsbuildError } from '../errors.ts'
import { exportDocker, exportOci } from '../export/index.ts'
import {
  type Descriptor,
  formatPlatform,
  type Image,
  type ImageConfig,
  type ImageOrSet,
  machinePlatform,
  type Platform,
  parsePlatform,
  parseReference,
  type Reference,
  samePlatform,
} from '../image/index.ts'
import type {
  ArchiveOptions,
  Environment,
  ImageCommands,
  ImageDetails,
  ImageSummary,
  ImportOptions,
  LimitOptions,
} from '../options.ts'
import { imageFor, noImageFor, type StoredImage } from '../store/index.ts'
import { compressionLimits } from '../tree/index.ts'
import { configFrom } from './import-config.ts'
import { destinationOf, exportPorts } from './outputs.ts'
import { receive } from './received.ts'
import { openSession, type Session } from './session.ts'

/** Opens the images of the store. */
export async function openImages(
  environment: Environment,
  options: { readonly limits?: LimitOptions } = {},
): Promise<ImageCommands> {
  const session = await openSession(environment, options)
  const { store } = session
  return {
    async list() {
      const images = await store.images.list()
      return Promise.all(images.map((image) => summary(image, session)))
    },
    async tag(name, newName) {
      parseReference(newName)
      await store.images.tag((await find(name, session)).manifest, newName)
    },
    remove: (name) => store.images.remove(name),
    async inspect(name, platform) {
      return details(await find(name, session), platform, machinePlatform(environment.arch), session)
    },
    save: (names, archive, signal) => save(names, archive, session, environment, signal),
    load: (file, signal) => load(file, session, environment, signal),
    import: (file, options, signal) => importTar(file, options, session, environment, signal),
    async close() {
      await session[Symbol.asyncDispose]()
    },
  }
}

async function find(name: string, { store }: Session): Promise<StoredImage> {
  const found = await store.images.find(name)
  if (found) return found
  const names = (await store.images.list()).flatMap((image) => image.names)
  throw new TsbuildError('TSB_IMAGE_NOT_FOUND', `No such image: ${name}`, {
    hint: didYouMean(name, names) ?? 'tsbuild images lists those of the store',
  })
}

async function summary({ names, manifest, id, images }: StoredImage, { store }: Session): Promise<ImageSummary> {
  const all = await Promise.all((images ?? [{ manifest }]).map((each) => readStored(store, each.manifest.digest)))
  const layers = new Map(all.flatMap((image) => image.manifest.layers).map((layer) => [layer.digest, layer.size]))
  const created = all
    .flatMap(({ config }) => config.created ?? [])
    .sort()
    .at(-1)
  return {
    id,
    names,
    digest: manifest.digest,
    ...(created !== undefined && { created }),
    size: images ? sum(layers.values()) : sum(all.flatMap((image) => image.manifest.layers.map(({ size }) => size))),
    platforms: images ? images.map(({ platform }) => platform) : all.map(({ config }) => platformOf(config)),
  }
}

function sum(sizes: Iterable<number>): number {
  return [...sizes].reduce((total, size) => total + size, 0)
}

function platformOf({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant && { variant }) }
}

async function details(
  stored: StoredImage,
  asked: string | undefined,
  machine: Platform,
  session: Session,
): Promise<ImageDetails> {
  const platform = asked === undefined ? machine : parsePlatform(asked, machine)
  const chosen = imageFor(stored, platform) ?? (asked === undefined ? stored.images?.[0] : undefined)
  if (!chosen) throw noImageFor(stored, platform, stored.names[0] ?? stored.id)
  const { names } = stored
  const image = await summary({ names, ...chosen }, session)
  const { config } = await readStored(session.store, chosen.manifest.digest)
  if (asked !== undefined && !samePlatform(config, platform) && !stored.images) {
    throw otherPlatform(names[0] ?? stored.id, config, platform)
  }
  return { ...image, manifest: chosen.manifest, config }
}

function otherPlatform(name: string, found: Platform, wanted: Platform): TsbuildError {
  return new TsbuildError('TSB_PLATFORM_NOT_FOUND', `the image ${name} has no image for ${formatPlatform(wanted)}`, {
    hint: `it is for ${formatPlatform(found)}`,
  })
}

async function save(
  names: readonly string[],
  { format, dest, platform: asked }: ArchiveOptions,
  session: Session,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const machine = machinePlatform(environment.arch)
  const platform = asked === undefined ? machine : parsePlatform(asked, machine)
  const found = await Promise.all(names.map(async (name) => ({ name, stored: await find(name, session) })))
  const named = ({ name, stored }: (typeof found)[number]) => (stored.id.includes(name) ? [] : [parseReference(name)])
  const [to, ports] = [destinationOf(dest, environment), exportPorts(session, signal)]
  if (format === 'oci' && asked === undefined) {
    const open = async (each: (typeof found)[number]) => ({
      image: await openStored(each.stored, session),
      names: named(each),
    })
    return exportOci(await Promise.all(found.map(open)), to, ports)
  }
  const images = await Promise.all(
    found.map(async (each) => ({
      image: await openFor(each.stored, platform, each.name, session),
      names: named(each),
    })),
  )
  return format === 'docker' ? exportDocker(images, to, ports) : exportOci(images, to, ports)
}

/** All that a name stands for, as far as it is here. */
async function openStored({ manifest, images }: StoredImage, { store, cache }: Session): Promise<ImageOrSet> {
  const open = (descriptor: Descriptor) => store.images.open(descriptor, cache.layers.fromDescriptor)
  if (!images) return open(manifest)
  const { annotations } = await readStoredIndex(store, manifest.digest)
  return {
    images: await Promise.all(images.map((image) => open(image.manifest))),
    annotations: { index: annotations ?? {}, descriptor: manifest.annotations ?? {} },
  }
}

async function openFor(
  stored: StoredImage,
  platform: Platform,
  name: string,
  { store, cache }: Session,
): Promise<Image> {
  const chosen = imageFor(stored, platform)
  if (!chosen) throw noImageFor(stored, platform, name)
  return store.images.open(chosen.manifest, cache.layers.fromDescriptor)
}

async function load(file: string, session: Session, environment: Environment, signal: AbortSignal) {
  const { store } = session
  const source = file === '-' ? await receive(session, environment) : path.resolve(environment.cwd, file)
  const loaded: string[] = []
  for (const archived of await openArchive(
    source,
    machinePlatform(environment.arch),
    store.temporary,
    session.limits,
  )) {
    signal.throwIfAborted()
    await takeIn(store, archived)
    loaded.push(...namesOrId(archived))
  }
  return loaded
}

function namesOrId({ names, manifest }: ArchivedImage): readonly string[] {
  return names.length > 0 ? names.map((name: Reference) => name.familiar) : [manifest.config.digest]
}

async function importTar(
  file: string,
  { name, platform, message, changes }: ImportOptions,
  { store, cache, limits }: Session,
  { cwd, stdin, arch, now }: Environment,
  signal: AbortSignal,
): Promise<string> {
  if (name !== undefined) parseReference(name)
  const machine = machinePlatform(arch)
  const target = platform === undefined ? machine : parsePlatform(platform, machine)
  const config = await configFrom(changes, target)
  const bytes = abortable(file === '-' ? stdin : await openInput(path.resolve(cwd, file)), signal)
  const settings = {
    platform: target,
    created: new Date(now()).toISOString(),
    comment: message ?? `Imported from ${file}`,
    ...(config && { config }),
  }
  const unpacking = compressionLimits(limits)
  const image = await readingArchive(file === '-' ? 'standard input' : file, () =>
    importRootfs(bytes, { write: store.blobs.write, layer: cache.layers.fromDescriptor, limits: unpacking }, settings),
  )
  await store.images.save(image, name === undefined ? [] : [name])
  return image.id
}

async function openInput(file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    return (await open(file)).createReadStream()
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EACCES', 'ENOTDIR')) throw error
    throw new TsbuildError('TSB_ARCHIVE_NOT_FOUND', `cannot open ${file}`, { cause: error, hint: 'check the path' })
  }
}

async function* abortable(bytes: AsyncIterable<Uint8Array | string>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}
