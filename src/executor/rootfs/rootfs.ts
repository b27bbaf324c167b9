import type { Layers } from '../../cache/index.ts'
import type { Layer } from '../../image/index.ts'
import type { FileTree } from '../../tree/index.ts'
import type { Rootfs } from '../sandbox/index.ts'

/** Something that will be mounted: where, and as what. */
export interface MountTarget {
  /** Absolute, as it was asked for. */
  readonly path: string
  readonly kind: 'directory' | 'file'
}

/** Makes layers a directory that a command can run in. */
export interface RootfsProvider {
  readonly name: 'erofs' | 'overlay' | 'copy'
  /**
   * The files of some layers (lowest first) as overlayfs takes them: paths of directories, topmost first, each once, for it
   * refuses the same one twice.
   * @param tree the merged files of the layers
   * @param folder may be made, for what the directories of layers cannot say each by itself
   */
  lowers(layers: readonly Layer[], tree: FileTree, folder: string): Promise<readonly string[]>
  /**
   * Readies the files of these layers (lowest first) and the places where something will be mounted. `scratch` is an empty
   * private directory on the file system of the store; the caller removes it after `dispose`.
   * @throws {TsbuildError} TSB_SANDBOX_TARGET when a target, or `/proc`, `/sys` or `/dev`, cannot be mounted on
   */
  prepare(
    layers: readonly Layer[],
    targets: readonly MountTarget[],
    scratch: string,
    signal: AbortSignal,
  ): Promise<PreparedRootfs>
}

/** What a command changed, as it is kept: an upper directory with the marks of overlayfs, in the folder; or a layer. */
export type LeftFiles = { readonly kind: 'upper' } | { readonly kind: 'layer'; readonly layer: Layer }

/** Of the directory in that folder. */
export const leftUpper = 'upper'

export interface PreparedRootfs {
  readonly rootfs: Rootfs
  /** The files before the command: for looking up users, the working directory and links. */
  readonly tree: FileTree
  /** By the path that was asked for: where each target really is, with all links followed inside the root. */
  readonly targets: ReadonlyMap<string, string>
  /**
   * After the command, and once: takes away what was only made to mount on, when it is still empty and as it was made, and
   * makes the layer of what the command changed.
   */
  commit(layers: Layers): Promise<Layer>
  /**
   * Instead of `commit`: puts aside what the command changed, for who wants to look at it or go on from there.
   * @param folder an empty directory on the file system of the store
   * @param searched the layers look into what they are given: it is shown to them before
   */
  keep(folder: string, layers: Layers, searched: boolean): Promise<LeftFiles>
  /** Gives back what `prepare` holds beyond its scratch directory. */
  dispose(): Promise<void>
}
