import type { Digest } from '../digest/index.ts'
import type { Tree } from '../tree/index.ts'
import type { Descriptor } from './descriptor.ts'

/** One filesystem change. It is born in one form; the others are made on first use and kept. */
export interface Layer {
  /**
   * What chains and cache keys are made of: for a layer that a build made, the sha256 over its sorted entries without
   * times (`contentId` of `tree/`); for a layer of a base image, its diff id.
   */
  contentId(): Promise<Digest>
  /** sha256 of the uncompressed tar: its name in the image config. */
  diffId(): Promise<Digest>
  /** Media type, sha256 and size in bytes of the blob as it is kept or known: its name in the manifest. */
  descriptor(): Promise<Descriptor>
  /** The bytes of that blob, from the first one on every call. Fetches them when they are still remote. */
  blob(): AsyncIterable<Uint8Array>
  /**
   * What the layer says, whiteouts and opaque directories included. With `part` less may be read beforehand: a lookup that
   * finds what is kept of it damaged throws, for who can begin its work again (`repairing` of `cache/`).
   * @throws {TsbuildError} TSB_ARCHIVE_… for a tar that is damaged or hostile.
   * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
   */
  tree(use?: 'part'): Promise<Tree>
  /**
   * A host directory with the layer's files as overlayfs wants a lower directory (whiteouts are 0/0 character devices).
   * Read-only for everybody.
   */
  directory(): Promise<string>
  /** The same for who can mount EROFS: the directory when it is there already, else nothing is unpacked. */
  lower(): Promise<LowerForm>
}

/** Files of a layer as overlayfs wants them: a directory, or an EROFS image to mount with the uncompressed tar as its device. */
export type LowerForm =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'image'; readonly image: string; readonly tar: string }

/** A stack of layers, lowest first: a file system at some point of a build. */
export interface Snapshot {
  readonly layers: readonly Layer[]
}
