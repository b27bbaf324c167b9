import { TsbuildError } from '../../errors.ts'
import { rowsOf } from '../../history.ts'
import { eventsOf, factsOf, fileTree, findWaste, type Located, locate } from '../../look/index.ts'
import type { Blame, FoundPath, ImageFile, LookOptions, OpenedImage } from '../../look-options.ts'
import type { Environment } from '../../options.ts'
import {
  absolutePath,
  type Entry,
  type FileEntry,
  overlay,
  parentPath,
  readContent,
  resolvePath,
  rootPath,
  type TreePath,
  treePath,
  walk,
} from '../../tree/index.ts'
import { lookingPlace } from '../has-store.ts'
import { openLookSession, type SeenImage, seeImage } from './seen-image.ts'

/**
 * Opens an image to look into it: one of the store, of a registry, of a layout or archive. Manifest and config only: a layer
 * is fetched when something of it is asked for. Close it by `await using`.
 * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…, TSB_ARCHIVE_…
 */
export async function openImage(name: string, options: LookOptions, environment: Environment): Promise<OpenedImage> {
  await using stack = new AsyncDisposableStack()
  const place = stack.use(await lookingPlace(environment))
  const session = stack.use(await openLookSession(place.environment, options))
  const image = await seeImage(name, options, session, environment)
  const open = stack.move()
  return { ...opened(image, name), [Symbol.asyncDispose]: () => open.disposeAsync() }
}

function opened(image: SeenImage, name: string): Omit<OpenedImage, typeof Symbol.asyncDispose> {
  const { found, layers } = image
  const { config, manifest } = found
  const { os, architecture, variant } = config
  return {
    id: manifest.config.digest,
    platform: { os, architecture, ...(variant && { variant }) },
    config,
    history: rowsOf(
      found,
      manifest.layers.map(({ size }) => size),
    ).rows,
    layers,
    isHere: image.isHere,
    async fileTree({ layer, show, signal }) {
      const lower = show === 'image' || (await areHere(layer, image)) ? await image.openAll(layer) : undefined
      const tree = await image.open(layer)
      return fileTree({ layer: tree, below: lower && overlay(lower), show }, signal)
    },
    files: (path = '/') => filesOf(path, name, image),
    async find(path, layer) {
      const found = await located(path, name, upTo(layer, image))
      return foundPath(found.entry, found.layer, image)
    },
    read: (path, layer) => readFile(path, name, upTo(layer, image)),
    blame: (path) => blameOf(path, name, image),
    waste: async (signal) => findWaste(await image.openAll(), signal),
  }
}

async function areHere(count: number, image: SeenImage): Promise<boolean> {
  for (let index = 0; index < count; index++) if (!(await image.isHere(index))) return false
  return true
}

function upTo(layer: number | undefined, image: SeenImage): SeenImage {
  return layer === undefined ? image : { ...image, count: layer + 1 }
}

function foundPath(entry: Entry, layer: number, { layers }: SeenImage): FoundPath {
  const facts = layers[layer]
  if (!facts) throw new Error(`the image has no layer ${layer}`)
  return { ...imageFile(entry), layer: facts }
}

function imageFile(entry: Entry): ImageFile {
  return { path: absolutePath(entry.path), ...factsOf(entry) }
}

/** @throws {TsbuildError} TSB_IMAGE_PATH */
export async function located(path: string, name: string, image: SeenImage): Promise<Located> {
  const found = await locate(treePath(path), image)
  if (found) return found
  throw await missingPath(path, name, image)
}

/** The file that a name stands for, with its bytes. @throws {TsbuildError} TSB_IMAGE_PATH_KIND for what is none */
export async function fileAt({ entry, layer, path }: Located, name: string, image: SeenImage): Promise<FileEntry> {
  if (entry.kind === 'file') return entry
  if (entry.kind === 'hardlink') {
    const own = (await image.open(layer)).get(entry.target)
    if (own?.kind === 'file') return own
    const lower = await locate(entry.target, { ...image, count: layer })
    if (lower && lower.entry.kind !== 'hardlink') return fileAt(lower, name, image)
  }
  throw new TsbuildError('TSB_IMAGE_PATH_KIND', `${absolutePath(path)} of ${name} is no file but a ${entry.kind}`, {
    hint: entry.kind === 'directory' ? 'name a file in it' : 'it has no bytes of its own',
  })
}

async function* readFile(path: string, name: string, image: SeenImage): AsyncGenerator<Uint8Array, void, undefined> {
  yield* readContent(await fileAt(await located(path, name, image), name, image))
}

async function* filesOf(path: string, name: string, image: SeenImage): AsyncGenerator<ImageFile, void, undefined> {
  const tree = overlay(await image.openAll())
  const { path: place, entry } = resolvePath(tree, treePath(path), { followLast: true })
  if (!entry) throw await missingPath(path, name, image)
  if (entry.kind !== 'directory') yield imageFile(entry)
  else for (const each of walk(tree, place)) yield imageFile(each)
}

async function blameOf(text: string, name: string, image: SeenImage): Promise<Blame> {
  const trees = await image.openAll()
  const asked = treePath(text)
  for (const path of [asked, withoutLinks(asked, trees)]) {
    const events = eventsOf(path, trees)
    if (events.length === 0) continue
    const rows = events.flatMap((event) => {
      const by = image.layers[event.layer]
      return by ? [{ ...event, by }] : []
    })
    return { path: absolutePath(path), events: rows.reverse() }
  }
  throw noSuchPath(text, name)
}

/** The path with the links on the way to it followed. */
function withoutLinks(path: TreePath, trees: Parameters<typeof overlay>[0]): TreePath {
  return path === rootPath ? path : resolvePath(overlay(trees), path, { followLast: false }).path
}

/** A link that leads to nothing is there, and says so. All layers were looked at by now. */
async function missingPath(path: string, name: string, image: SeenImage): Promise<TsbuildError> {
  const tree = overlay(await image.openAll())
  const { link } = resolvePath(tree, treePath(path), { followLast: true })
  if (!link) return noSuchPath(path, name)
  const end = resolvePath(tree, link.path, { followLast: true })
  if (end.entry) return noSuchPath(path, name)
  const points = `${absolutePath(link.path)} points to ${absolutePath(end.path)}, which is not in the image ${name}`
  return new TsbuildError('TSB_IMAGE_PATH', points, { hint: `look around with tsbuild explore ${name}` })
}

function noSuchPath(path: string, name: string): TsbuildError {
  const parent = absolutePath(parentPath(treePath(path)))
  return new TsbuildError('TSB_IMAGE_PATH', `${name} has no ${absolutePath(treePath(path))}`, {
    hint: `look around with tsbuild explore ${name}; ${parent} is the directory above`,
  })
}
