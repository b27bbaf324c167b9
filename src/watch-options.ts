import type { BuildOptions } from './options.ts'

/** Builds again when a file changes that the build reads. */
export interface WatchOptions extends BuildOptions {
  /**
   * Does a build: the first one, and one after each change. What is wrong in one is its own affair; an error that it throws
   * ends the watching.
   * @param change absent for the first one
   * @param signal aborted when a file changes while it runs: it is done again then
   */
  readonly onBuild: (change: WatchedChange | undefined, signal: AbortSignal) => Promise<void>
  /** Called when a build has ended and nothing is left to do but to wait. */
  readonly onWait?: (watched: { readonly directories: number; readonly polling: boolean }) => void
  /** Files that the build itself writes, beside its outputs. */
  readonly written?: readonly string[]
  /** Milliseconds in which further changes count as the same one; absent: 100. */
  readonly quiet?: number
}

/** Files that were changed, as paths from the working directory. The first is the one that was noticed first. */
export interface WatchedChange {
  readonly paths: readonly string[]
}
