import { readStored } from '../bases/index.ts'
import { TsbuildError } from '../errors.ts'
import { formatPlatform, type ImageConfig, type Platform, samePlatform } from '../image/index.ts'
import type { ImageDetails, ImageSummary } from '../image-options.ts'
import { imageFor, noImageFor, type StoredImage } from '../store/index.ts'
import { platformOf } from './platform.ts'
import type { Session } from './session.ts'

/** What a list says of an image, or of the images of an index together. */
export async function summary(
  { names, remotes, manifest, id, images }: StoredImage,
  { store }: Session,
): Promise<ImageSummary> {
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
    registryDigests: Object.fromEntries(remotes),
    ...(created !== undefined && { created }),
    labels: Object.assign({}, ...all.map(({ config }) => config.config?.Labels)),
    size: images ? sum(layers.values()) : sum(all.flatMap((image) => image.manifest.layers.map(({ size }) => size))),
    platforms: images ? images.map(({ platform }) => platform) : all.map(({ config }) => platformIn(config)),
  }
}

function sum(sizes: Iterable<number>): number {
  return [...sizes].reduce((total, size) => total + size, 0)
}

function platformIn({ os, architecture, variant }: ImageConfig): Platform {
  return { os, architecture, ...(variant && { variant }) }
}

/**
 * What is known of an image.
 * @param asked a platform; undefined: that of the machine, else the first of an index
 * @throws {TsbuildError} TSB_PLATFORM_NOT_FOUND, TSB_PLATFORM_FORMAT
 */
export async function details(
  stored: StoredImage,
  asked: string | undefined,
  machine: Platform,
  session: Session,
): Promise<ImageDetails> {
  const platform = platformOf(asked, machine)
  const chosen = imageFor(stored, platform) ?? (asked === undefined ? stored.images?.[0] : undefined)
  if (!chosen) throw noImageFor(stored, platform, stored.names[0] ?? stored.id)
  const { names, remotes } = stored
  const image = await summary({ names, remotes, ...chosen }, session)
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
