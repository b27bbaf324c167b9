import { open } from 'node:fs/promises'
import path from 'node:path'
import { type ArchivedImage, cannotOpen, importRootfs, openArchive, readingArchive } from '../archive/index.ts'
import { takeIn } from '../bases/index.ts'
import { isSystemError } from '../errors.ts'
import { machinePlatform, parseReference, type Reference } from '../image/index.ts'
import type { ImageCommands, ImportOptions } from '../image-options.ts'
import type { Environment, LimitOptions } from '../options.ts'
import { noSuchImage } from '../store/index.ts'
import { compressionLimits } from '../tree/index.ts'
import { findStored } from './find-stored.ts'
import { hasStore } from './has-store.ts'
import { details, summary } from './image-details.ts'
import { configFrom } from './import-config.ts'
import { platformOf } from './platform.ts'
import { receive } from './received.ts'
import { saveImages } from './save-images.ts'
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
    inspect: async (name, platform) => (await having(name)).inspect(name, platform),
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
      await store.images.tag((await findStored(name, session)).manifest, newName)
    },
    remove: (name) => store.images.remove(name),
    async inspect(name, platform) {
      return details(await findStored(name, session), platform, machinePlatform(environment.arch), session)
    },
    save: (names, archive, signal) => saveImages(names, archive, session, environment, signal),
    load: (file, signal) => load(file, session, environment, signal),
    import: (file, options, signal) => importTar(file, options, session, environment, signal),
    async close() {
      await session[Symbol.asyncDispose]()
    },
  }
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

function namesOrId({ names, manifest, index, others = [] }: ArchivedImage): readonly string[] {
  const id = index && others.length > 0 ? index.descriptor.digest : manifest.config.digest
  return names.length > 0 ? names.map((name: Reference) => name.familiar) : [id]
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
    throw cannotOpen(file, error)
  }
}

async function* abortable(bytes: AsyncIterable<Uint8Array | string>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const chunk of bytes) {
    signal.throwIfAborted()
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}
