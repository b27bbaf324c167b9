import type { Base } from './base.ts'
import type { World } from './world.ts'

/**
 * `cold`: with `--no-cache`, the base local, in a store in which nothing else was built. `again`: the same once more in that
 * store. `noop`: nothing changed since the last build. `touch`: one file changed. `step`: one step of a build.
 */
export type Mode = 'cold' | 'again' | 'noop' | 'touch' | 'step'

/** Into the builder's own store, or to an OCI archive with gzip besides. */
export type Target = 'store' | 'oci'

/** One build to measure, the same for all builders. */
export interface Job {
  readonly world: World
  readonly base: Base
  readonly context: string
  readonly mode: Mode
  readonly to: Target
  /** What is written for it lies here. */
  readonly folder: string
  /** Counts until the build prints this, and not to its end. The base is then pulled in each round. */
  readonly until?: string
  /** Changes a file of the context, each time in another way. */
  touch(): void
}
