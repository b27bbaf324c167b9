import type { Digest } from '../digest/index.ts'

/** What an entry is, in BuildKit's words where it has one. */
export type EntryType = 'regular' | 'image' | 'internal' | 'source.http' | 'source.git.checkout' | 'exec.cachemount'

/** A file or directory of the store. */
export interface Part {
  /** Absolute. */
  readonly path: string
  /** On the disk, with all below it. */
  readonly bytes: number
}

/** Something in the store that is kept or given back as one. Times are milliseconds since 1970. */
export interface Entry {
  /** 25 digits that no other entry has; the same as long as it is there. */
  readonly id: string
  readonly type: EntryType
  readonly description: string
  /** Ids of what it stands on. */
  readonly parents: readonly string[]
  readonly created?: number
  readonly lastUsed: number
  /** How many records and images lead to it. */
  readonly uses: number
  /** Its bytes may still change. */
  readonly mutable: boolean
  /** What goes with it, in this order: what leads to it first. */
  readonly parts: readonly Part[]
  /** What stays without it, since an image with a name needs it. */
  readonly shared: readonly Part[]
  /** Ids of entries that stay while this one does. */
  readonly holds: readonly string[]
  /** It stays whatever is asked: an image with a name, what is remembered of builds. */
  readonly kept: boolean
  /** It is noted whenever it is used, so that it may go beside others who work in the store. */
  readonly noted: boolean
  /** Nothing leads to it any more. */
  readonly dangling: boolean
  /** The image without a name that it is. */
  readonly untagged?: Digest
}

export function bytesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0)
}
