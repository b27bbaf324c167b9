import { join } from 'node:path'
import { type Digest, hexOf } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, mediaTypes } from '../image/index.ts'
import type { OverlayMarks } from '../tree/index.ts'

/** Where the forms of a layer are kept, apart from its blob. */
export interface LayerPlaces {
  /** The files, as overlayfs wants them. */
  directory(diffId: Digest): string
  /** The uncompressed tar of a layer whose blob is compressed. */
  tar(diffId: Digest): string
  /** The EROFS image that indexes the uncompressed tar. */
  image(diffId: Digest): string
}

/**
 * Directories have names of 28 or 29 characters: overlayfs is told about a whole stack in one page of text, and 120 of
 * these fit when they are named relative to `trees/`. They hold the first 168 bits of the diff id, and which family of
 * attributes their marks are in.
 */
export function layerPlaces(root: string, marks: OverlayMarks): LayerPlaces {
  const [tars, images] = [join(root, 'cache', 'tars'), join(root, 'cache', 'erofs', imageVersion)]
  const suffix = marks === 'user' ? 'u' : ''
  return {
    directory: (diffId) => join(root, 'trees', `${shortName(hexOf(diffId))}${suffix}`),
    tar: (diffId) => join(tars, hexOf(diffId)),
    image: (diffId) => join(images, hexOf(diffId)),
  }
}

/** The names that a layer may have in `trees/`. @param hex the digits of its diff id */
export function treeNames(hex: string): readonly string[] {
  return [shortName(hex), `${shortName(hex)}u`]
}

/** Another one when the writer of images makes other ones of the same layers. */
const imageVersion = '1'

function shortName(hex: string): string {
  return Buffer.from(hex.slice(0, 42), 'hex').toString('base64url')
}

/**
 * True when the blob of a layer is its tar, false when it is compressed.
 * @throws {TsbuildError} TSB_MEDIA_TYPE for what is no layer that we can read
 */
export function isPlainTar({ mediaType, digest }: Descriptor): boolean {
  const plain = plainOrNot.get(mediaType)
  if (plain !== undefined) return plain
  throw new TsbuildError('TSB_MEDIA_TYPE', `layer ${digest} is of the unknown type ${JSON.stringify(mediaType)}`)
}

const plainOrNot: ReadonlyMap<string, boolean> = new Map([
  [mediaTypes.layerTar, true],
  [mediaTypes.layerGzip, false],
  [mediaTypes.layerZstd, false],
  ['application/vnd.docker.image.rootfs.diff.tar', true],
  [mediaTypes.dockerLayerGzip, false],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', false],
  // Layers that may not be handed on freely: the same bytes under names of their own.
  ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', false],
  ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', false],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar', true],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', false],
])
