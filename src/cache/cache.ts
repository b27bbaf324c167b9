import type { Digest, Json } from '../digest/index.ts'
import type { Descriptor, Layer } from '../image/index.ts'
import type { WholeBlobs } from '../store/index.ts'
import type { Change, FileEntry, Survey } from '../tree/index.ts'
import type { Wanted } from './byte-search.ts'
import type { Find, LayerWatch } from './layer-search.ts'
import type { PackedLayers } from './packed.ts'

/** sha256 of all that decides the result of a step. Made by `cacheKey` from its components. */
export type CacheKey = Digest & { readonly __key: true }

/** The parts of a key, kept in the record so that a later miss can be explained by comparing them. */
export interface KeyComponents {
  /** What was asked, after expansion: an op without the ids of its inputs. */
  readonly definition: Json
  /** Chain of the snapshot below; absent when nothing below counts. */
  readonly parent?: Digest
  /** Content id (or chain) of each further input, in order, by a name for people: `context`, `stage build`. */
  readonly inputs: readonly { readonly name: string; readonly id: Digest }[]
}

/** A layer as a record keeps it. */
export interface LayerRecord {
  readonly diffId: Digest
  readonly contentId: Digest
  readonly descriptor: Descriptor
}

/** What a step once gave. */
export interface CacheRecord {
  readonly key: CacheKey
  readonly layer: LayerRecord
  /** RFC 3339: the creation time that image and history get. */
  readonly created: string
  readonly milliseconds: number
  readonly components: KeyComponents
  /** COPY: the files it took (path in the source, and a text for mode, owner and bytes), for explaining a miss. */
  readonly files?: readonly (readonly [path: string, content: string])[]
  /** The base image below it, where there is one: for explaining a miss. */
  readonly base?: { readonly name: string; readonly manifest: Digest }
  /** Ids of the secrets whose values, as they were then, were looked for in the layer and are not there. */
  readonly without?: readonly string[]
  /** The shared cache that has it, for people; absent: this store's own. Not written down. */
  readonly source?: string
}

/** What was done before. Every file of it may be deleted at any time, and only costs time. */
export interface Cache {
  readonly records: Records
  readonly layers: Layers
  readonly digests: FileDigests
  readonly surveys: Surveys
  readonly plans: Plans
  readonly packed: PackedLayers
  readonly wholeBlobs: WholeBlobs
  /** Directories of `RUN --mount=type=cache`; the id is hashed into the name. */
  cacheMount(id: string): Promise<string>
  /** The folder of this machine that mounts with an id are to have in place of one of the store. */
  readonly hostMount?: (id: string) => string | undefined
  /** Writes what is still in memory (the stat index). */
  close(): Promise<void>
}

export interface Records {
  /** A record whose layer is here or can be fetched, without `files`; a damaged or unknown one is a miss. */
  find(key: CacheKey): Promise<CacheRecord | undefined>
  save(record: CacheRecord): Promise<void>
  /** Finds the same record by a cheaper key too. */
  alias(key: CacheKey, to: CacheKey): Promise<void>
  /**
   * The record most like these components among the newest whose definition names the same step (`kind` and destination
   * or command), with its `files`: to explain a miss. Its layer may be gone.
   */
  nearest(components: KeyComponents): Promise<CacheRecord | undefined>
  /** The newest record of the same step (as for `nearest`) whose layer made the files of this chain. Its layer may be gone. */
  whichGave(components: KeyComponents, chain: Digest): Promise<CacheRecord | undefined>
  /** False when nothing can be found by a key with this definition and parent, whatever its inputs are. */
  hasLike(components: Pick<KeyComponents, 'definition' | 'parent'>): Promise<boolean>
  /** The oldest record that gave a layer with this content id on this parent: for early cutoff. */
  sameContent(parent: Digest | undefined, contentId: Digest): Promise<CacheRecord | undefined>
}

/** Makes the forms of layers, and keeps them. */
export interface Layers {
  /**
   * Writes the tar of these changes (any order of siblings, parents first) into the store, reading each file once.
   * @param older a layer that has many of the same files, perhaps: what is known to be in its tar is taken from there
   */
  fromChanges(changes: Iterable<Change>, signal: AbortSignal, older?: LayerRecord): Promise<Layer>
  /** As `fromChanges`, but kept aside: for who learns from the reading whether the layer is wanted. */
  prepare(changes: Iterable<Change>, signal: AbortSignal): Promise<PreparedLayer>
  /**
   * As `fromChanges`, for the changes in a directory that overlayfs used as its upper one and nobody writes to any more:
   * the directory is moved into the cache and becomes the layer's.
   */
  fromUpper(directory: string, changes: Iterable<Change>, signal: AbortSignal): Promise<Layer>
  /** The same, that look into each layer before it is kept. */
  watching(watch: LayerWatch): Layers
  /** Looks into a layer that was made before. */
  search(layer: LayerRecord, wanted: readonly Wanted[]): Promise<readonly Find[]>
  fromRecord(record: LayerRecord): Layer
  /**
   * A layer that somebody else made and described. Each of its forms is given only after what it says was held against its
   * content id, which keys are made of.
   * @throws {TsbuildError} TSB_CONTENT_MISMATCH from its functions
   */
  fromOthers(record: LayerRecord): Layer
  /** A layer of an image that exists: named at once, fetched (digest, size and diff id checked) on first read. */
  fromDescriptor(descriptor: Descriptor, diffId: Digest): Layer
  recordOf(layer: Layer): Promise<LayerRecord>
}

/** A layer that was written and is not in the store yet. */
export interface PreparedLayer {
  /** The digest of a file as it was read; undefined for one whose bytes are not in the layer. It may have another path. */
  digestOf(file: FileEntry): Digest | undefined
  keep(): Promise<Layer>
  drop(): Promise<void>
}

/** sha256 of files of this machine, by the stat index. */
export interface FileDigests {
  /**
   * Of the bytes of a file; without waiting when it is known.
   * @param beforeReading called when the file would have to be read, which it is not when this throws
   * @throws {TsbuildError} TSB_FILE_CHANGED when it is not the file any more that was listed
   */
  digest(file: FileEntry, beforeReading?: () => Promise<void>): Digest | Promise<Digest>
}

/** Content ids of files of this machine by what the file system says of them: nothing is read, and no digest looked up. */
export interface Surveys {
  find(survey: Survey): Promise<Digest | undefined>
  /**
   * Remembers what those files come to, unless one of them was changed so shortly before that it could change unnoticed.
   * @param lookedAt when the survey began: milliseconds since 1970
   */
  save(survey: Survey, contentId: Digest, lookedAt: number): Promise<void>
}

/** Texts of plans by a digest of what they were made from. What is found is whole. */
export interface Plans {
  find(key: Digest): Promise<string | undefined>
  save(key: Digest, text: string): Promise<void>
}
