import { layersOf } from '../../bases/index.ts'
import { type FoundImage, findImage } from '../../find-image.ts'
import { machinePlatform } from '../../image/index.ts'
import type { LateLayers, LayerFacts } from '../../look/index.ts'
import { layerFacts } from '../../look/index.ts'
import type { LookOptions } from '../../look-options.ts'
import type { Environment } from '../../options.ts'
import type { Tree } from '../../tree/index.ts'
import { platformOf } from '../platform.ts'
import { openSession, type Session } from '../session.ts'

/** An image whose layers are read when they are asked for. */
export interface SeenImage extends LateLayers {
  readonly found: FoundImage
  readonly layers: readonly LayerFacts[]
  /** False for a layer that would have to be fetched. */
  isHere(index: number): Promise<boolean>
  /** The trees of the lowest layers. */
  openAll(count?: number): Promise<readonly Tree[]>
}

export function openLookSession(environment: Environment, options: LookOptions): Promise<Session> {
  const { onBytes, platform: _, ...rest } = options
  return openSession(environment, {
    ...rest,
    ...(onBytes && { onBytes: ({ digest, size }, received) => onBytes(digest, received, size) }),
  })
}

/** @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…, TSB_ARCHIVE_… */
export async function seeImage(
  name: string,
  { platform, signal }: LookOptions,
  session: Session,
  { arch, cwd }: Environment,
): Promise<SeenImage> {
  const found = await findImage(name, {
    ...session,
    platform: platformOf(platform, machinePlatform(arch)),
    platformGiven: platform !== undefined,
    cwd,
    ...(signal && { signal }),
  })
  return seen(found, session)
}

function seen(found: FoundImage, { store, cache }: Session): SeenImage {
  const named = layersOf(found)
  const trees = new Map<number, Promise<Tree>>()
  const layerAt = (index: number) => {
    const layer = named[index]
    if (!layer) throw new Error(`the image has no layer ${index}`)
    return layer
  }
  const isHere = async (index: number) => {
    const { descriptor } = layerAt(index)
    return trees.has(index) || store.blobs.has(descriptor.digest, descriptor.size)
  }
  const read = async (index: number) => {
    const { descriptor, diffId } = layerAt(index)
    if (!(await store.blobs.has(descriptor.digest, descriptor.size))) {
      if (found.archive) await store.blobs.write(found.archive.layer(descriptor), descriptor)
      else if (found.location) await store.blobs.rememberOrigin(descriptor.digest, { location: found.location })
    }
    return cache.layers.fromDescriptor(descriptor, diffId).tree()
  }
  const open = (index: number) => {
    const tree = trees.get(index) ?? read(index)
    trees.set(index, tree)
    tree.catch(() => trees.delete(index))
    return tree
  }
  return {
    found,
    layers: layerFacts(found.manifest, found.config),
    count: named.length,
    isHere,
    open,
    openAll: (count = named.length) => Promise.all(named.slice(0, count).map((_, index) => open(index))),
  }
}
