import { join } from 'node:path'
import { type Digest, hexOf } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, mediaTypes } from '../image/index.ts'

/** Where the forms of a layer are kept, apart from its blob. */
export interface LayerPlaces {
  /** The files, as overlayfs wants them. */
  directory(diffId: Digest): string
  /** The uncompressed tar of a layer whose blob is compressed. */
  tar(diffId: Digest): string
}

/**
 * Directories have names of 28 characters: overlayfs is told about a whole stack in one page of text, and 120 of these
 * fit when they are named relative to `trees/`. They hold the first 168 bits of the diff id.
 */
export function layerPlaces(root: string): LayerPlaces {
  const tars = join(root, 'cache', 'tars')
  return {
    directory: (diffId) => join(root, 'trees', Buffer.from(hexOf(diffId).slice(0, 42), 'hex').toString('base64url')),
    tar: (diffId) => join(tars, hexOf(diffId)),
  }
}

/** How the blob of a layer is compressed. @throws {TsbuildError} TSB_MEDIA_TYPE for what is no layer that we can read */
export function compressionOf({ mediaType, digest }: Descriptor): Compression {
  const found = compressions.get(mediaType)
  if (found) return found
  throw new TsbuildError('TSB_MEDIA_TYPE', `layer ${digest} is of the unknown type ${JSON.stringify(mediaType)}`)
}

export type Compression = 'none' | 'gzip' | 'zstd'

const compressions: ReadonlyMap<string, Compression> = new Map([
  [mediaTypes.layerTar, 'none'],
  [mediaTypes.layerGzip, 'gzip'],
  [mediaTypes.layerZstd, 'zstd'],
  ['application/vnd.docker.image.rootfs.diff.tar', 'none'],
  [mediaTypes.dockerLayerGzip, 'gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
])
