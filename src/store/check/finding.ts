import type { Descriptor } from '../../image/index.ts'

/** Something in a store that is not as it should be. */
export interface Finding {
  /** `loss`: an image cannot be used, or not by its name. `waste`: costs space, or time once. */
  readonly level: 'loss' | 'waste'
  /** A word for programs: `blob-damaged`, `layer-missing` … */
  readonly kind: string
  /** What is concerned: a path below the root of the store, an absolute one elsewhere, or a process. */
  readonly path: string
  /** For people. */
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  /** Absent where a person has to decide. */
  readonly mend?: Mend
}

/**
 * How a finding is mended without losing more than time.
 * - `remove`: a file or folder that is made again when it is needed
 * - `aside`: a damaged part of an image gets another name, so that the next build or pull writes it anew
 * - `fetch`: the same, and it is fetched from where it came from
 * - `start`: whatever opens the store next does it
 */
export type Mend =
  | { readonly kind: 'remove'; readonly path: string }
  /** `after`: what a person has to do then. */
  | { readonly kind: 'aside'; readonly path: string; readonly after: string }
  | { readonly kind: 'fetch'; readonly path: string; readonly descriptor: Descriptor }
  | { readonly kind: 'start' }

const again = 'it is made again when it is needed'

/** A file that is no good, and that nobody misses. */
export function useless(kind: string, path: string, message: string): Finding {
  return { level: 'waste', kind, path, message, hint: again, mend: { kind: 'remove', path } }
}
