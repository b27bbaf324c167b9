import type { ImageConfig, Platform } from './image/index.ts'
import type { HistoryOptions, HistoryRow } from './image-options.ts'
import type {
  ConfigChange,
  FileDifference,
  FileFacts,
  FileNode,
  LayerFacts,
  LayerPair,
  PathEvent,
  Waste,
} from './look/index.ts'

/** Looking into images, wherever they are. */
export interface LookOptions extends HistoryOptions {
  /** Told how many bytes of a layer that is fetched have come. */
  readonly onBytes?: (digest: string, received: number, size: number) => void
}

/** A file of an image. */
export interface ImageFile extends FileFacts {
  readonly path: string
}

/** A path of an image, links on the way followed. */
export interface FoundPath extends ImageFile {
  /** The layer that has it. */
  readonly layer: LayerFacts
}

export interface FileTreeOptions {
  readonly layer: number
  /**
   * `layer`: what the layer says. That alone is fetched; what it did to each file is known when all layers below are here.
   * `image`: all files that there are with it; all layers up to it are fetched.
   */
  readonly show: 'layer' | 'image'
  readonly signal?: AbortSignal
}

/** An image that is looked into. A layer is fetched when something of it is asked for. */
export interface OpenedImage extends AsyncDisposable {
  /** `sha256:…` of the config. */
  readonly id: string
  readonly platform: Platform
  readonly config: ImageConfig
  /** Newest first; sizes are those of the blobs. */
  readonly history: readonly HistoryRow[]
  /** Lowest first. */
  readonly layers: readonly LayerFacts[]
  /** False for a layer that would have to be fetched. */
  isHere(layer: number): Promise<boolean>
  /** The files of a layer, or of the image up to it. */
  fileTree(options: FileTreeOptions): Promise<FileNode>
  /**
   * What is in a directory of the whole image and below, in the order of a walk; of a file that alone. Reads all layers.
   * @throws {TsbuildError} TSB_IMAGE_PATH
   */
  files(path?: string): AsyncIterable<ImageFile>
  /**
   * What is at a path, links followed; no layer is read below the one that decides.
   * @param layer as it was with this layer; absent: as the image has it
   * @throws {TsbuildError} TSB_IMAGE_PATH
   */
  find(path: string, layer?: number): Promise<FoundPath>
  /**
   * The bytes of a regular file. No layer is read below the one that has it.
   * @param layer the file as it was with this layer; absent: as the image has it
   * @throws {TsbuildError} TSB_IMAGE_PATH, TSB_IMAGE_PATH_KIND for what is no file
   */
  read(path: string, layer?: number): AsyncIterable<Uint8Array>
  /** Who wrote and removed a path. Reads all layers. @throws {TsbuildError} TSB_IMAGE_PATH when none ever had it */
  blame(path: string): Promise<Blame>
  /** What of the layers is wasted. Reads all of them. */
  waste(signal?: AbortSignal): Promise<Waste>
}

/** `tsbuild blame`. */
export interface Blame {
  /** What was asked for, links on the way followed when nothing is there without. */
  readonly path: string
  /** Newest first: the first one says what the image has. */
  readonly events: readonly (PathEvent & { readonly by: LayerFacts })[]
}

/** `tsbuild diff`. */
export interface DiffOptions extends LookOptions {
  /** Fetch equal layers too, where they are not here, so that it is known what they have at each path. */
  readonly equalLayers?: boolean
  /** Also list files that differ in their time alone. */
  readonly times?: boolean
}

export interface ImageDiff {
  readonly before: ComparedImage
  readonly after: ComparedImage
  /** False when config, layers or files differ. */
  readonly same: boolean
  readonly config: readonly ConfigChange[]
  /** Lowest first; equal ones beside each other. */
  readonly layers: readonly LayerPair[]
  readonly files: readonly FileDifference[]
  /** Files that differ in their time alone, and are not listed. */
  readonly onlyTimes: number
  /** Equal layers that are not here and were not fetched: some of `files` are `written`. */
  readonly unread: number
}

export interface ComparedImage {
  readonly id: string
  readonly platform: Platform
  /** Bytes of its layers as they are pulled. */
  readonly size: number
}

/** `tsbuild extract`. */
export interface ExtractOptions extends LookOptions {
  /**
   * A file, or the directory that gets what is in one of the image; of a file also a directory that is there. `-`: standard
   * output, where a directory is a tar. Absent: the last piece of the path, here.
   */
  readonly dest?: string
}

export interface Extracted {
  readonly kind: 'file' | 'directory'
  /** Where it was written; absent: on standard output. */
  readonly dest?: string
  /** Devices and fifos, which are not made on this machine. */
  readonly skipped: readonly string[]
}
