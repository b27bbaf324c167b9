import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Environment } from '../options.ts'
import { openStore, type Store } from '../store/index.ts'
import type { DiskUsage, DiskUsageOptions, PruneOptions, PruneResult, UsageEntry, UsageFilter } from '../upkeep.ts'
import {
  bytesOf,
  type Entry,
  isReclaimable,
  lastUsesOf,
  matcherOf,
  prune as pruneStore,
  survey,
} from '../usage/index.ts'
import { hasStore } from './has-store.ts'

/**
 * What the store's room on the disk is used for, largest first.
 * @throws {TsbuildError} TSB_FILTER, TSB_STORE_DAMAGED, TSB_DIGEST_MISMATCH
 */
export async function diskUsage(options: DiskUsageOptions, environment: Environment): Promise<DiskUsage> {
  const { filters = [], unusedFor = Number.NEGATIVE_INFINITY } = options
  const matches = matching(filters)
  if (!hasStore(environment)) return usageOf([])
  return withUnseenStore(environment, async (store) => {
    const { entries } = await survey(store)
    const lastUses = lastUsesOf(entries)
    const usedAt = (entry: Entry) => lastUses.get(entry) ?? entry.lastUsed
    const until = environment.now() - unusedFor
    const found = entries.filter((entry) => matches(entry) && usedAt(entry) <= until)
    const shown = found.map((entry) => shownEntry(entry, usedAt(entry)))
    return usageOf(shown.sort((a, b) => b.size - a.size))
  })
}

/**
 * Gives room on the disk back. Never what an image with a name needs, and nothing that a running build may have in hand.
 * @throws {TsbuildError} TSB_FILTER, TSB_STORE_DAMAGED, TSB_DIGEST_MISMATCH, TSB_STORE_READ_ONLY
 */
export function prune(options: PruneOptions, environment: Environment): Promise<PruneResult> {
  return pruneBeside(undefined, options, environment)
}

/**
 * The same, for who has made an image that need not have a name and stays.
 * @param own its manifest
 */
export async function pruneBeside(
  own: Digest | undefined,
  options: PruneOptions,
  environment: Environment,
): Promise<PruneResult> {
  const { all = false, filters = [], unusedFor, maxUsedSpace, minFreeSpace, reservedSpace, dryRun = false } = options
  const limits = { maxUsed: maxUsedSpace, minFree: minFreeSpace, reserved: reservedSpace }
  const request = { all, matches: matching(filters), unusedFor, ...limits }
  if (!hasStore(environment)) return { removed: [], total: 0, left: 0, needed: 0, othersHere: false }
  return withUnseenStore(environment, async (store) => {
    const { removed, ...rest } = await pruneStore(store, request, { now: environment.now, dryRun, own })
    const entries = removed.map(({ entry, why }) => ({ ...shownEntry(entry, entry.lastUsed), why }))
    return { removed: entries, total: sum(entries.map(({ reclaimable }) => reclaimable)), ...rest }
  })
}

async function withUnseenStore<T>({ root, now }: Environment, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(root, { now, unseen: true })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

function matching(filters: readonly UsageFilter[]): (entry: Entry) => boolean {
  try {
    return matcherOf(filters)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new TsbuildError('TSB_FILTER', `not a regular expression: ${error.message}`, {
      cause: error,
      hint: 'after ~= stands one as JavaScript has them',
    })
  }
}

function shownEntry(entry: Entry, lastUsed: number): UsageEntry {
  const { id, type, description, parents, created, uses, mutable, parts, shared } = entry
  const reclaimable = isReclaimable(entry) ? bytesOf(parts) : 0
  return {
    id,
    type,
    description,
    parents,
    ...(created !== undefined && { created: new Date(created).toISOString() }),
    lastUsed: new Date(lastUsed).toISOString(),
    uses,
    mutable,
    inUse: !isReclaimable(entry),
    shared: shared.length > 0,
    size: bytesOf(parts) + bytesOf(shared),
    sharedSize: bytesOf(shared),
    reclaimable,
  }
}

function usageOf(entries: readonly UsageEntry[]): DiskUsage {
  const [total, shared] = [sum(entries.map(({ size }) => size)), sum(entries.map(({ sharedSize }) => sharedSize))]
  return {
    entries,
    total,
    shared,
    private: total - shared,
    reclaimable: sum(entries.map((entry) => entry.reclaimable)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
