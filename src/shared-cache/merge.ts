import { recordsDocument } from './document.ts'
import type { SharedCache, SharedRecord } from './format.ts'

/** What has not been of use for so long is not written again. */
const longestUnused = 14 * 24 * 60 * 60 * 1000
/** So many records stay, those that were used last. */
const mostKept = 1000

/**
 * What is there with what is added: of a record that both have the one that is there stays, so that all who build the same get
 * the same image, with the later time of use; unless what is added replaces it. Of a mount the one that is added.
 * @param now milliseconds since 1970
 */
export function merged(there: SharedCache, added: SharedCache, now: number): SharedCache {
  const records = new Map<string, SharedRecord>(added.records.map((record) => [record.key, record]))
  for (const old of there.records) {
    const added = records.get(old.key)
    if (added?.replaces) continue
    const used = added?.used ?? old.used
    records.set(old.key, { ...old, used: used > old.used ? used : old.used })
  }
  const kept = [...records.values()]
    .filter(({ used }) => now - Date.parse(used) < longestUnused)
    .sort((a, b) => order(b.used, a.used) || order(a.key, b.key))
    .slice(0, mostKept)
  const mounts = new Map([...there.mounts, ...added.mounts].map((mount) => [mount.id, mount]))
  return { records: kept, mounts: [...mounts.values()].sort((a, b) => order(a.id, b.id)) }
}

/** The cache without the records that were not used for longest, as many as make its document too large to be read. */
export function fitting(cache: SharedCache, limit: number): SharedCache {
  if (cache.records.length <= 1 || recordsDocument(cache).length <= limit) return cache
  return fitting({ ...cache, records: cache.records.slice(0, Math.floor(cache.records.length * 0.9)) }, limit)
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
