import type { BuildOptions, BuildResult, Descriptor, Environment, ImageConfig, ImageHistory } from '../index.ts'

/** What the command line asks of the library (`src/index.ts`). */
export interface Library {
  build(options: BuildOptions, environment: Environment): Promise<BuildResult>
  /**
   * Rows newest first. `name`: an image of the store, `oci-archive:FILE`, `oci-layout:DIR`, else one of a registry.
   * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…
   */
  history(name: string, options: HistoryOptions, environment: Environment): Promise<ImageHistory>
  openImages(environment: Environment): Promise<ImageCommands>
}

export interface HistoryOptions {
  /** `linux/arm64`: picks from an index; an error when it is not there. */
  readonly platform?: string
  readonly registryMirrors?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The images of the store. `name` is a reference, an id, or the beginning of an id. */
export interface ImageCommands {
  /** Newest first. */
  list(): Promise<readonly ImageSummary[]>
  /** @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_REFERENCE_FORMAT */
  tag(name: string, newName: string): Promise<void>
  /** Returns what was done, for people: `Untagged: app:latest`, `Deleted: sha256:…`. */
  remove(name: string): Promise<readonly string[]>
  inspect(name: string): Promise<ImageDetails>
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
  /** `sha256:…` of the config. */
  readonly id: string
  /** Familiar form: `app:latest`; none for an untagged image. */
  readonly names: readonly string[]
  /** `sha256:…` of the manifest. */
  readonly digest: string
  /** RFC 3339. */
  readonly created?: string
  /** Bytes of its layers, as `history` counts them. */
  readonly size: number
}

export interface ImageDetails extends ImageSummary {
  readonly manifest: Descriptor
  readonly config: ImageConfig
}
