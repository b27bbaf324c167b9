import type { Digest } from '../../digest/index.ts'
import type { Layer } from '../../image/index.ts'
import { type MountedImage, mountImage } from '../sandbox/index.ts'

/** The layers of a build as lower directories that nobody had to unpack. Gone when it is disposed of, or this process is. */
export interface LayerMounts extends Disposable {
  /** A path to the files of a layer: its directory when there is one, else its image, which is mounted once. */
  lowerOf(layer: Layer): Promise<string>
}

export function openLayerMounts(): LayerMounts {
  const known = new Map<Digest, Promise<string>>()
  const mounted: MountedImage[] = []
  const find = async (layer: Layer): Promise<string> => {
    const lower = await layer.lower()
    if (lower.kind === 'directory') return lower.path
    const image = tryMount(lower.image, lower.tar)
    if (!image) return layer.directory()
    mounted.push(image)
    return image.path
  }
  return {
    async lowerOf(layer) {
      const diffId = await layer.diffId()
      const found = known.get(diffId) ?? find(layer)
      known.set(diffId, found)
      try {
        return await found
      } catch (error) {
        known.delete(diffId)
        throw error
      }
    },
    [Symbol.dispose]() {
      known.clear()
      for (const image of mounted.splice(0)) image[Symbol.dispose]()
    },
  }
}

/** A layer can always be unpacked instead, so what is in the way of its mount is no failure. */
function tryMount(image: string, tar: string): MountedImage | undefined {
  try {
    return mountImage(image, tar)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined
    throw error
  }
}
