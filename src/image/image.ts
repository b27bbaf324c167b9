import type { Digest } from '../digest/index.ts'
import type { ImageAnnotations } from './annotations.ts'
import type { ImageConfig } from './config.ts'
import type { Descriptor } from './descriptor.ts'
import type { Layer } from './layer.ts'

/**
 * An image for one platform.
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export interface Image {
  readonly config: ImageConfig
  /** The exact bytes of the config document; its sha256 is the image id. */
  readonly configBytes: Uint8Array
  readonly id: Digest
  /** Lowest first, one per diff id of the config. */
  readonly layers: readonly Layer[]
  readonly annotations?: ImageAnnotations
}

/** Images of one thing for several platforms, each for another one: what an index stands for. */
export interface ImageSet {
  /** In the order of the index. */
  readonly images: readonly Image[]
  readonly annotations?: {
    /** In the index itself. */
    readonly index: Readonly<Record<string, string>>
    /** In the descriptors that name the index. */
    readonly descriptor: Readonly<Record<string, string>>
  }
}

/** The manifest document. */
export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType?: string | undefined
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** The index document: manifests by platform. */
export interface Index {
  readonly schemaVersion: 2
  readonly mediaType?: string | undefined
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>> | undefined
}
