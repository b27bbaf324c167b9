import type { Digest } from '../digest/index.ts'
import type { Descriptor, Image, ImageOrSet } from '../image/index.ts'
import type { PlatformImage } from './documents.ts'

/** An image as `tsbuild images` lists it. */
export interface StoredImage {
  /** All its names in familiar form (`myapp_prod:latest`), sorted; none for an untagged one. */
  readonly names: readonly string[]
  readonly manifest: Descriptor
  /** By its names: the digest that a name has in its registry, when it was pushed there or pulled. */
  readonly remotes: ReadonlyMap<string, Digest>
  /** sha256 of the config: the image id. Of an index that of the index. */
  readonly id: Digest
  /** Of an index: its images that are here, each for a platform. */
  readonly images?: readonly PlatformImage[]
}

/** Something that the index lists, with all that it needs. */
export interface HeldImage {
  readonly manifest: Digest
  /** None for an untagged one. */
  readonly names: readonly string[]
  /** All blobs that it cannot do without, the manifest first. They need not be here. */
  readonly needed: readonly Digest[]
  /** Lowest first; of an index those of all its images, one after the other. */
  readonly layers: readonly { readonly blob: Digest; readonly diffId: Digest; readonly isLowest: boolean }[]
}

/** Where a blob that is not in the store can be had. No credentials. */
export interface BlobOrigin {
  /** `host[:port]/repository`, as pulled from; or the path of a layout or archive with its scheme. */
  readonly location: string
}

/** Bytes that are still remote: how the store gets them when somebody reads them. */
export type FetchBlob = (descriptor: Descriptor, origin: BlobOrigin, signal?: AbortSignal) => AsyncIterable<Uint8Array>

/**
 * `$TSBUILD_ROOT`: bytes by digest, and the images that the user named, as an OCI image layout in `oci/`. Any number of
 * processes use it at once. Nothing is visible before it is whole.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export interface Store {
  readonly root: string
  readonly blobs: Blobs
  readonly images: Images
  /** A fresh private directory below `tmp/`, removed by the next start if this process dies. */
  temporary(prefix: string): Promise<string>
  /**
   * Runs `work` while no other process, and no other caller here, holds the same lock. Names are free text. A lock is not
   * its holder's twice: who asks for one inside its own `work` waits for ever. `signal` ends the waiting.
   */
  locked<T>(name: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  /** Keeps blobs that no image needs from being deleted with one. Asked at each removal. */
  protect(needed: () => AsyncIterable<Digest>): void
  /**
   * Runs `work` while nobody opens the store, with the time (milliseconds since 1970) before which nobody who has it open
   * began; undefined when nobody else has. Only for a store that was opened `unseen`.
   */
  whileClosed<T>(work: (othersSince: number | undefined) => Promise<T>): Promise<T>
  /** Removes the temporary directories of this process. */
  close(): Promise<void>
}

export interface Blobs {
  /** Where the bytes of a digest are, or would be. */
  path(digest: Digest): string
  /** `size`, in bytes, when it is known: a file of another size does not count. */
  has(digest: Digest, size?: number): Promise<boolean>
  /**
   * A document, checked against its digest.
   * @throws {TsbuildError} TSB_BLOB_MISSING, TSB_DIGEST_MISMATCH, TSB_DOCUMENT_TOO_LARGE above `limit` bytes
   */
  read(digest: Digest, limit: number): Promise<Uint8Array>
  /** The bytes, not checked again (they were when they came in). @throws {TsbuildError} TSB_BLOB_MISSING */
  stream(digest: Digest): AsyncIterable<Uint8Array>
  /**
   * Puts bytes in, in one step at the end. `expected`: digest and size they must have. Returns what they are.
   * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH, TSB_DISK_FULL, TSB_STORE_READ_ONLY
   */
  write(
    bytes: Uint8Array | AsyncIterable<Uint8Array>,
    expected?: { readonly digest: Digest; readonly size: number },
  ): Promise<{ readonly digest: Digest; readonly size: number }>
  /**
   * Makes sure that the bytes are here: fetches them from their origin when they are not, digest and size checked. Once,
   * however many ask.
   * @throws {TsbuildError} TSB_BLOB_MISSING, TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH, TSB_DISK_FULL
   */
  obtain(descriptor: Descriptor, signal?: AbortSignal): Promise<void>
  /**
   * As `obtain`, and lets `use` read the bytes from the first to the last: while they come, when they are fetched now. They
   * are checked by the time this is over, so what `use` made of them must not count before.
   * @throws {TsbuildError} those of `obtain`, else what `use` throws
   */
  reading<T>(
    descriptor: Descriptor,
    use: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T>
  /**
   * Puts a finished file of this file system in by rename. The caller vouches for the digest. What is here already stays when
   * it has the same bytes, and gives way when not.
   * @param isRight says so of the file that is here; absent: it is read
   */
  adopt(file: string, digest: Digest, isRight?: (path: string) => Promise<boolean>): Promise<void>
  /** Says where a blob can be had that is not here, so that a later process can fetch it. */
  rememberOrigin(digest: Digest, origin: BlobOrigin): Promise<void>
  origin(digest: Digest): Promise<BlobOrigin | undefined>
}

/** What is known of blobs beside their size, which a damaged one may have too. */
export interface WholeBlobs {
  /** True for one that is here and has the bytes of its name: read only when somebody touched it since that was known. */
  is(digest: Digest): Promise<boolean>
  /** Says that what was just put in is whole. */
  note(digest: Digest): Promise<void>
}

export interface Images {
  /** All of them, newest first. */
  list(): Promise<readonly StoredImage[]>
  /** Names that are not in the list, because the manifest or the config of their image is gone or damaged. */
  damaged(): Promise<readonly string[]>
  /**
   * By name (`app`, `app:1`, any spelling of a reference), id, or the beginning of an id (4 hex digits or more).
   * @throws {TsbuildError} TSB_AMBIGUOUS_ID; TSB_IMAGE_DAMAGED for a name whose manifest or config is gone or damaged
   */
  find(name: string): Promise<StoredImage | undefined>
  /**
   * Writes manifest and config and gives the image these names (any valid references); returns its manifest. Of several
   * images those of all of them and their index, which gets the names and is returned. The layers must be here or have an origin. An image that loses its last name to this one is no longer listed.
   * @throws {TsbuildError} TSB_REFERENCE_FORMAT, TSB_BLOB_MISSING, TSB_DISK_FULL, TSB_STORE_READ_ONLY
   */
  save(image: ImageOrSet, names: readonly string[]): Promise<Descriptor>
  /** The image behind a manifest. `layer` makes a Layer of a descriptor and diff id (see `cache/`). */
  open(manifest: Descriptor, layer: (descriptor: Descriptor, diffId: Digest) => Image['layers'][number]): Promise<Image>
  /** Other names for an image that is here. Existing ones are moved. With no name at all the image is listed without one. */
  tag(manifest: Descriptor, ...names: readonly string[]): Promise<void>
  /** The same for the name of a registry that has this digest under it. */
  tagPulled(manifest: Descriptor, name: string, remote: Digest): Promise<void>
  /**
   * Says which digest an image has under some of its names in their registries. It is forgotten when the name gets another
   * image; names that the image does not have are passed over.
   */
  published(manifest: Descriptor, names: readonly string[], remote: Digest): Promise<void>
  /**
   * Takes a name away; the last one takes the image and the blobs only it used. Blobs stay when they are younger than ten
   * minutes, when another process works in the store, or when somebody protects them. Returns what was removed, for people.
   * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND; TSB_IMAGE_HAS_NAMES for an id with several names
   */
  remove(name: string): Promise<readonly string[]>
  /**
   * All that the index lists, whatever it is. Fails when a document is damaged: then nobody knows what is needed.
   * @throws {TsbuildError} TSB_STORE_DAMAGED, TSB_DIGEST_MISMATCH, TSB_DOCUMENT_TOO_LARGE
   */
  held(): Promise<readonly HeldImage[]>
  /** Takes images off the list that have no name; their blobs stay. */
  forget(manifests: readonly Digest[]): Promise<void>
}
