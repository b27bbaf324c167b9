import { usesNotedEvery } from '../store/index.ts'
import { bytesOf, type Entry } from './entry.ts'
import { evictionOrder, lastUsesOf } from './order.ts'

/** What `prune` is asked for, in bytes and milliseconds. */
export interface PruneRules {
  /** Also what can be made again of images with a name, and what only saves time in looking things up. */
  readonly all: boolean
  readonly matches: (entry: Entry) => boolean
  /** Only what was not used for so long. */
  readonly unusedFor?: number | undefined
  /** Least recently used first, until no more than `maxUsed` are used, or so much of the disk is free. */
  readonly maxUsed?: number | undefined
  readonly minFree?: number | undefined
  /** So much is left, whatever the other two say. */
  readonly reserved?: number | undefined
}

/** The moment, and the machine. */
export interface PruneFacts {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Bytes of the disk that are free. */
  readonly free: number
  /** Before when nobody began who has the store open; absent when nobody has. */
  readonly othersSince?: number | undefined
}

/** An entry that is to go. */
export interface Chosen {
  readonly entry: Entry
  readonly why: string
}

/**
 * Which entries go, in the order in which they do: least recently used first, what stands on another before that. Never what
 * an image with a name needs, or one without that stays; while others have the store open, only what is noted when it is
 * used and was not since before they began.
 */
export function choose(entries: readonly Entry[], rules: PruneRules, facts: PruneFacts): readonly Chosen[] {
  const lastUses = lastUsesOf(entries)
  const holders = Map.groupBy(
    entries.flatMap((entry) => entry.holds.map((held) => ({ held, by: entry }))),
    ({ held }) => held,
  )
  const goal = goalOf(bytesUsed(entries), rules, facts)
  let used = bytesUsed(entries)
  const gone = new Set<Entry>()
  const chosen: Chosen[] = []
  for (const entry of evictionOrder(entries, lastUses)) {
    if (used <= goal) break
    const lastUsed = lastUses.get(entry) ?? entry.lastUsed
    const isHeld = holders.get(entry.id)?.some(({ by }) => !gone.has(by)) ?? false
    if (isHeld || !isWanted(entry, lastUsed, rules, facts.now) || !isSafe(entry, lastUsed, facts)) continue
    gone.add(entry)
    used -= bytesOf(entry.parts)
    chosen.push({ entry, why: whyOf(entry, rules) })
  }
  return chosen
}

/** Bytes that prune could give back if nobody used them. */
export function bytesUsed(entries: readonly Entry[]): number {
  return entries.reduce((sum, { kept, parts }) => (kept ? sum : sum + bytesOf(parts)), 0)
}

/** Bytes that no limit counts: of images with a name, and what they need. */
export function bytesNeeded(entries: readonly Entry[]): number {
  return entries.reduce((sum, { kept, parts, shared }) => sum + bytesOf(shared) + (kept ? bytesOf(parts) : 0), 0)
}

/** How many bytes may stay; -1 when all that is wanted goes. As BuildKit reckons it. */
function goalOf(used: number, { maxUsed, minFree, reserved }: PruneRules, { free }: PruneFacts): number {
  if (maxUsed === undefined && minFree === undefined && reserved === undefined) return -1
  const wanted = [maxUsed, minFree === undefined ? undefined : used - Math.max(0, minFree - free)]
  const limits = wanted.filter((bytes) => bytes !== undefined)
  return Math.max(limits.length > 0 ? Math.min(...limits) : 0, reserved ?? 0)
}

function isWanted(entry: Entry, lastUsed: number, rules: PruneRules, now: number): boolean {
  const { all, matches, unusedFor } = rules
  if (entry.kept || entry.parts.length === 0) return false
  if (!all && (entry.type === 'internal' || entry.shared.length > 0) && !entry.untagged) return false
  return matches(entry) && (unusedFor === undefined || lastUsed <= now - unusedFor)
}

function isSafe({ noted }: Entry, lastUsed: number, { othersSince }: PruneFacts): boolean {
  return othersSince === undefined || (noted && lastUsed < othersSince - usesNotedEvery)
}

function whyOf(entry: Entry, { maxUsed, minFree, reserved, unusedFor }: PruneRules): string {
  if (entry.dangling) return entry.untagged ? 'it has no name' : 'nothing needs it'
  if (maxUsed !== undefined) return 'least recently used, and more is used than may be'
  if (minFree !== undefined) return 'least recently used, and too little is free'
  if (reserved !== undefined) return 'least recently used, and more is used than is reserved'
  if (unusedFor !== undefined) return 'not used for as long as asked'
  if (entry.type === 'internal') return 'it only saves time'
  return entry.shared.length > 0 ? 'its image has what it is made from' : 'no image with a name needs it'
}
