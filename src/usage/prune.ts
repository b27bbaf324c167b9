import { statfs } from 'node:fs/promises'
import type { Digest } from '../digest/index.ts'
import type { Store } from '../store/index.ts'
import { bytesNeeded, bytesUsed, type Chosen, choose, type PruneFacts, type PruneRules } from './choose.ts'
import { openTrash } from './remove.ts'
import { type Inventory, survey } from './survey.ts'

/** What came of pruning. */
export interface Pruned {
  readonly removed: readonly Chosen[]
  /** Bytes that could still be given back, were nobody to use them. */
  readonly left: number
  /** Bytes that images with a name need. */
  readonly needed: number
  /** Somebody else has the store open, so that more than asked may have stayed. */
  readonly othersHere: boolean
}

/** `bytes`, or so many hundredths of the disk that the store is on. */
export type Space = number | `${number}%`

/** `PruneRules` before the disk is known. */
export type PruneRequest = Omit<PruneRules, 'maxUsed' | 'minFree' | 'reserved'> & {
  readonly maxUsed?: Space | undefined
  readonly minFree?: Space | undefined
  readonly reserved?: Space | undefined
}

export interface PruneOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Nothing is removed, only said. */
  readonly dryRun: boolean
  /** The manifest of an image that stays, also without a name. */
  readonly own?: Digest | undefined
}

/**
 * Gives back what the rules say. The store is closed to all who would open it while entries are taken out of their places,
 * which is a rename each; they are deleted when it is open again. What was chosen is looked at again before, since the first
 * look, which measures all, may take long.
 * @param store one that was opened `unseen`
 */
export async function prune(store: Store, request: PruneRequest, { now, dryRun, own }: PruneOptions): Promise<Pruned> {
  const disk = await statfs(store.root)
  const rules = rulesOf(request, disk.blocks * disk.bsize)
  const known = new Map<string, number>()
  const facts = (othersSince?: number): PruneFacts => ({ now: now(), free: disk.bavail * disk.bsize, othersSince })
  return store.locked('prune', async () => {
    const first = await survey(store, known, own)
    if (dryRun) return store.whileClosed(async (since) => planned(first, rules, facts(since)))
    if (choose(first.entries, rules, facts()).length === 0) return planned(first, rules, facts())
    const { pruned, empty } = await store.whileClosed(async (since) => {
      const inventory = await survey(store, known, own)
      return takeOut(store, inventory, choose(inventory.entries, rules, facts(since)), since)
    })
    await empty()
    return pruned
  })
}

function planned({ entries }: Inventory, rules: PruneRules, facts: PruneFacts): Pruned {
  const removed = choose(entries, rules, facts)
  return resultOf(entries, removed, facts.othersSince)
}

async function takeOut(store: Store, { entries, mounts }: Inventory, chosen: readonly Chosen[], since?: number) {
  const trash = await openTrash(store, mounts)
  const removed: Chosen[] = []
  for (const each of chosen) if (await trash.take(each.entry, since !== undefined)) removed.push(each)
  return { pruned: resultOf(entries, removed, since), empty: trash.empty }
}

function resultOf(entries: Inventory['entries'], removed: readonly Chosen[], since: number | undefined): Pruned {
  const left = bytesUsed(entries) - bytesUsed(removed.map(({ entry }) => entry))
  return { removed, left, needed: bytesNeeded(entries), othersHere: since !== undefined }
}

function rulesOf({ maxUsed, minFree, reserved, ...rules }: PruneRequest, disk: number): PruneRules {
  const bytes = (space: Space | undefined) =>
    typeof space === 'string' ? Math.floor((disk * Number.parseFloat(space)) / 100) : space
  return { ...rules, maxUsed: bytes(maxUsed), minFree: bytes(minFree), reserved: bytes(reserved) }
}
