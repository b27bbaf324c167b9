import { type ComparedLayer, compareFiles, configChanges, type LayerPair, pairLayers } from '../../look/index.ts'
import type { Blame, ComparedImage, DiffOptions, ImageDiff, LookOptions } from '../../look-options.ts'
import type { Environment } from '../../options.ts'
import { lookingPlace } from '../has-store.ts'
import { openImage } from './open-image.ts'
import { openLookSession, type SeenImage, seeImage } from './seen-image.ts'

/**
 * What differs between two images: config, layers, files. Layers that both have are not fetched; those that are here help
 * to say what an image has at a path that only the other one writes.
 * @throws {TsbuildError} those of `openImage`
 */
export async function diff(
  before: string,
  after: string,
  options: DiffOptions,
  environment: Environment,
): Promise<ImageDiff> {
  await using place = await lookingPlace(environment)
  await using session = await openLookSession(place.environment, options)
  const [a, b] = [
    await seeImage(before, options, session, environment),
    await seeImage(after, options, session, environment),
  ]
  const pairs = pairLayers(a.layers, b.layers)
  const read = await layersToRead(pairs, a, options.equalLayers ?? false)
  const sides = [await compared(a, read.before), await compared(b, read.after)] as const
  const { files, onlyTimes } = await compareFiles(...sides, options.times ?? false, options.signal)
  const config = configChanges(a.found.config, b.found.config)
  const isEqual = pairs.every((pair) => pair.before && pair.after)
  return {
    before: summaryOf(a),
    after: summaryOf(b),
    same: config.length === 0 && isEqual && files.length === 0,
    config,
    layers: pairs,
    files,
    onlyTimes,
    unread: isEqual ? 0 : read.unread,
  }
}

/** Who wrote and removed a path of an image. @throws {TsbuildError} TSB_IMAGE_PATH and those of `openImage` */
export async function blame(
  name: string,
  path: string,
  options: LookOptions,
  environment: Environment,
): Promise<Blame> {
  await using image = await openImage(name, options, environment)
  return await image.blame(path)
}

/** Of each layer of an image, whether both have it, and whether it is read. */
type Reading = ReadonlyMap<number, { readonly isShared: boolean; readonly isRead: boolean }>

async function layersToRead(
  pairs: readonly LayerPair[],
  image: SeenImage,
  equalLayers: boolean,
): Promise<{ readonly before: Reading; readonly after: Reading; readonly unread: number }> {
  const [before, after] = [new Map(), new Map()]
  const isAnyOwn = pairs.some((pair) => !(pair.before && pair.after))
  let unread = 0
  for (const pair of pairs) {
    const isShared = pair.before !== undefined && pair.after !== undefined
    const isRead = isAnyOwn && (!isShared || equalLayers || (await image.isHere(pair.before.index)))
    if (!isRead) unread++
    if (pair.before) before.set(pair.before.index, { isShared, isRead })
    if (pair.after) after.set(pair.after.index, { isShared, isRead })
  }
  return { before, after, unread }
}

function compared(image: SeenImage, reading: Reading): Promise<readonly ComparedLayer[]> {
  return Promise.all(
    image.layers.map(async ({ index }) => {
      const { isShared, isRead } = reading.get(index) ?? { isShared: false, isRead: true }
      return { isShared, tree: isRead ? await image.open(index) : undefined }
    }),
  )
}

function summaryOf({ found, layers }: SeenImage): ComparedImage {
  const { os, architecture, variant } = found.config
  return {
    id: found.manifest.config.digest,
    platform: { os, architecture, ...(variant && { variant }) },
    size: layers.reduce((sum, { size }) => sum + size, 0),
  }
}
