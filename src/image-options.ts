import type { Descriptor, ImageConfig, Platform } from './image/index.ts'
import type { LimitOptions } from './options.ts'

/** A row of `history`, newest first. */
export interface HistoryRow {
  /** The image id on the newest row, else absent. */
  readonly id?: string
  /** RFC 3339; absent when the image does not say. */
  readonly created?: string
  readonly createdBy: string
  /** Bytes; 0 for a row without a layer. `compressed` rows of a remote image have no other size. */
  readonly size: number
  readonly comment: string
}

export interface ImageHistory {
  readonly rows: readonly HistoryRow[]
  /** True when sizes are of compressed blobs, as for an image that was not downloaded. */
  readonly compressed: boolean
  /** The image is damaged, though it could be shown: rows and layers differ in number. */
  readonly warning?: string
}

export interface HistoryOptions {
  /** `linux/arm64`: picks from an index; an error when it is not there. */
  readonly platform?: string
  readonly registryMirrors?: Readonly<Record<string, string>>
  readonly registryAllow?: readonly string[]
  readonly insecureRegistries?: readonly string[]
  readonly limits?: LimitOptions
  readonly signal?: AbortSignal
}

/** The images of the store. `name` is a reference, an id, or the beginning of an id. */
export interface ImageCommands {
  /** Newest first. */
  list(): Promise<readonly ImageSummary[]>
  /** Names that are not in the list, because the manifest or the config of their image is gone or damaged. */
  damaged(): Promise<readonly string[]>
  /** @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_REFERENCE_FORMAT */
  tag(name: string, newName: string): Promise<void>
  /** Returns what was done, for people: `Untagged: app:latest`, `Deleted: sha256:…`. */
  remove(name: string): Promise<readonly string[]>
  /** @param platform of an index: `linux/arm64`; absent: this machine's, else the first */
  inspect(name: string, platform?: string): Promise<ImageDetails>
  /** Writes images with their names into one archive. `dest` `-` is standard output. */
  save(names: readonly string[], archive: ArchiveOptions, signal: AbortSignal): Promise<void>
  /** Reads an OCI or docker archive, `-` is standard input. Returns the names, or ids where there is none. */
  load(file: string, signal: AbortSignal): Promise<readonly string[]>
  /** An image of one layer from a tar, also compressed; `-` is standard input. Returns the image id. */
  import(file: string, options: ImportOptions, signal: AbortSignal): Promise<string>
  close(): Promise<void>
}

export interface ArchiveOptions {
  readonly format: 'oci' | 'docker'
  readonly dest: string
  /** Of an index only the image for this platform. Absent: all of them; in a docker archive that for this machine. */
  readonly platform?: string
}

export interface ImportOptions {
  /** Absent: no name. */
  readonly name?: string
  readonly platform?: string
  /** The `comment` of its row in the history. */
  readonly message?: string
  /** Dockerfile instructions that change the config: `CMD ["sh"]`, `ENV A=1`. */
  readonly changes: readonly string[]
}

export interface ImageSummary {
  /** `sha256:…` of the config; of an index its own. */
  readonly id: string
  /** Familiar form: `app:latest`; none for an untagged image. */
  readonly names: readonly string[]
  /** `sha256:…` of the manifest or index of the store, whose layers are not compressed: no registry need have it. */
  readonly digest: string
  /** By its names: `sha256:…` of what a registry has under one that was pushed or pulled. */
  readonly registryDigests: Readonly<Record<string, string>>
  /** RFC 3339. */
  readonly created?: string
  /** Of an index those of all its images. */
  readonly labels: Readonly<Record<string, string>>
  /** Bytes of its layers as the store has them, compressed or not; of an index those of all its images. */
  readonly size: number
  /** Several of an index: those that are here. */
  readonly platforms: readonly Platform[]
}

export interface ImageDetails extends ImageSummary {
  readonly manifest: Descriptor
  readonly config: ImageConfig
}
