import { open } from 'node:fs/promises'
import path from 'node:path'
import { type ArchivedImage, importRootfs, openArchive, readingArchive } from '../archive/index.ts'
import { readStored, takeIn } from '../bases/index.ts'
import { didYouMean, isSystemError, TsbuildError } from '../errors.ts'
import { exportDocker, exportOci } from '../export/index.ts'
import { machinePlatform, parseReference, type Reference } from '../image/index.ts'
import type {
  ArchiveOptions,
  Environment,
  ImageCommands,
  ImageDetails,
  ImageSummary,
  ImportOptions,
  LimitOptions,
} from '../options.ts'
import type { StoredImage } from '../store/index.ts'
import { compressionLimits } from '../tree/index.ts'
import { hasStore } from './has-store.ts'
import { configFrom } from './import-config.ts'
import { destinationOf, exportPorts } from './outputs.ts'
import { platformOf } from './platform.ts'
import { receive } from './received.ts'
import { openSession, type Session } from './session.ts'

type ImagesOptions = { readonly limits?: LimitOptions }

/** Opens the images of the store. One that is not there is made by what has something to keep in it. */
export async function openImages(environment: Environment, options: ImagesOptions = {}): Promise<ImageCommands> {
  const open = () => openInStore(environment, options)
  return hasStore(environment) ? open() : withoutStore(open)
}

function withoutStore(open: () => Promise<ImageCommands>): ImageCommands {
  let opened: Promise<ImageCommands> | undefined
  const made = () => {
    opened ??= open()
    return opened
  }
  const having = async (name = '') => {
    if (!opened) throw noSuchImage(name, [])
    return opened
  }
  return {
    list: async () => (opened ? (await opened).list() : []),
    damaged: async () => (opened ? (await opened).damaged() : []),
    tag: async (name, newName) => (await having(name)).tag(name, newName),
    remove: async (name) => (await having(name)).remove(name),
    inspect: async (name) => (await having(name)).inspect(name),
    save: async (names, archive, signal) => (await having(names[0])).save(names, archive, signal),
    load: async (file, signal) => (await made()).load(file, signal),
    import: async (file, settings, signal) => (await made()).import(file, settings, signal),
    close: async () => (await opened)?.close(),
  }
}

async function openInStore(environment: Environment, options: ImagesOptions): Promise<ImageCommands> {
  const session = await openSession(environment, options)
  const { store } = session
  return {
    async list() {
      const images = await store.images.list()
      return Promise.all(images.map((image) => summary(image, session)))
    },
    damaged: () => store.images.damaged(),
    async tag(name, newName) {
      parseReference(newName)
      await store.images.tag((await find(name, session)).manifest, newName)
    },
    remove: (name) => store.images.remove(name),
    async inspect(name) {
      return details(await find(name, session), session)
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
  throw noSuchImage(
    name,
    (await store.images.list()).flatMap((image) => image.names),
  )
}

function noSuchImage(name: string, names: readonly string[]): TsbuildError {
  return new TsbuildError('TSB_IMAGE_NOT_FOUND', `No such image: ${name}`, {
    hint: didYouMean(name, names) ?? 'tsbuild images lists those of the store',
  })
}

async function summary(image: StoredImage, session: Session): Promise<ImageSummary> {
  const { config, manifest, ...rest } = await details(image, session)
  return rest
}

async function details({ names, manifest, id }: StoredImage, { store }: Session): Promise<ImageDetails> {
  const { config, manifest: document } = await readStored(store, manifest.digest)
  const { created } = config
  return {
    id,
    names,
    digest: manifest.digest,
    ...(created !== undefined && { created }),
    size: document.layers.reduce((sum, layer) => sum + layer.size, 0),
    manifest,
    config,
  }
}

async function save(
  names: readonly string[],
  { format, dest }: ArchiveOptions,
  session: Session,
  environment: Environment,
  signal: AbortSignal,
): Promise<void> {
  const { store, cache } = session
  const images = await Promise.all(
    names.map(async (name) => {
      const { manifest, id } = await find(name, session)
      const image = await store.images.open(manifest, cache.layers.fromDescriptor)
      return { image, names: id.includes(name) ? [] : [parseReference(name)] }
    }),
  )
  const write = format === 'docker' ? exportDocker : exportOci
  await write(images, destinationOf(dest, environment), exportPorts(session, signal))
}

async function load(file: string, session: Session, environment: Environment, signal: AbortSignal) {
  const { store, cache } = session
  const source = file === '-' ? await receive(session, environment) : path.resolve(environment.cwd, file)
  const loaded: string[] = []
  for (const archived of await openArchive(
    source,
    machinePlatform(environment.arch),
    store.temporary,
    session.limits,
  )) {
    signal.throwIfAborted()
    await takeIn(store, archived, cache.wholeBlobs)
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
  const target = platformOf(platform, machine)
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
