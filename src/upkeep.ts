/** What `du`, `prune` and `doctor --fsck` take and give: the room of a store, and whether it is whole. */

/** A condition on entries of the store, as `du --filter` and `prune --filter` have it. */
export interface UsageFilter {
  readonly key: 'id' | 'type' | 'description' | 'parents' | 'inuse' | 'mutable' | 'immutable' | 'shared' | 'private'
  readonly operator: '=' | '!=' | '~='
  /** For `~=` a regular expression. An id may be the beginning of one, from 4 digits on. */
  readonly value: string
}

/** Something in the store that is kept or given back as one. Sizes are bytes on the disk. */
export interface UsageEntry {
  readonly id: string
  readonly type: 'regular' | 'image' | 'internal' | 'source.http' | 'source.git.checkout' | 'exec.cachemount'
  readonly description: string
  /** Ids of what it stands on. */
  readonly parents: readonly string[]
  /** RFC 3339. */
  readonly created?: string
  /** RFC 3339; right to the hour. */
  readonly lastUsed: string
  /** How many records of steps and images lead to it. */
  readonly uses: number
  /** Its bytes may still change. */
  readonly mutable: boolean
  /** Nothing of it can be given back. */
  readonly inUse: boolean
  /** Some of it is of an image with a name. */
  readonly shared: boolean
  readonly size: number
  readonly sharedSize: number
  /** What removing it would give back. */
  readonly reclaimable: number
}

/** Which entries are shown; absent: all. */
export interface DiskUsageOptions {
  readonly filters?: readonly UsageFilter[]
  /** Only what was not used for so many milliseconds. */
  readonly unusedFor?: number
}

/** The sums count every byte once. */
export interface DiskUsage {
  readonly entries: readonly UsageEntry[]
  readonly shared: number
  readonly private: number
  readonly reclaimable: number
  readonly total: number
}

/** Bytes, or a part of the disk: `10%`. */
export type Space = number | `${number}%`

/** What `prune` is to give back. With limits only so much as they ask for, least recently used first. */
export interface PruneOptions {
  /** Also what can be made again of images with a name, and what only saves time in looking things up. */
  readonly all?: boolean
  readonly filters?: readonly UsageFilter[]
  /** Only what was not used for so many milliseconds. */
  readonly unusedFor?: number
  readonly maxUsedSpace?: Space
  readonly minFreeSpace?: Space
  /** So much is always left. */
  readonly reservedSpace?: Space
  /** Says what would be removed, and removes nothing. */
  readonly dryRun?: boolean
}

export interface PruneResult {
  readonly removed: readonly (UsageEntry & { /** For people. */ readonly why: string })[]
  /** Bytes that were given back. */
  readonly total: number
  /** Bytes that could be given back still, if nothing was in use. */
  readonly left: number
  /** Bytes that images with a name need: no limit counts them. */
  readonly needed: number
  /** Other builds were running: what they might have in hand stayed. */
  readonly othersHere: boolean
}

export interface CheckStoreOptions {
  /** Mends what can be mended without losing more than time. Default: nothing is changed */
  readonly repair?: boolean
  readonly signal?: AbortSignal
}

/** Something in a store that is not as it should be. */
export interface StoreFinding {
  /** `loss`: an image cannot be used, or not by its name. `waste`: costs space, or time once. */
  readonly level: 'loss' | 'waste'
  /** A word for programs: `layer-missing`, `blob-damaged`, `temporary-left` … */
  readonly kind: string
  /** What is concerned: a path below the root of the store, an absolute one elsewhere, or a process. */
  readonly path: string
  readonly message: string
  readonly hint: string
  /** What `repair` did; absent where nothing was done, or not enough. */
  readonly mended?: 'removed' | 'fetched'
}

/** What `checkStore` found. */
export interface StoreCheck {
  /** Where the store is. */
  readonly root: string
  /** False when an image is broken and was not mended. */
  readonly whole: boolean
  readonly findings: readonly StoreFinding[]
  /** How many were looked at. */
  readonly images: number
  readonly blobs: number
  readonly records: number
  readonly bytesRead: number
  readonly milliseconds: number
}
