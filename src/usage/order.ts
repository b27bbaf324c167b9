import type { Entry } from './entry.ts'

/** When each was last used, itself or by what stands on it: milliseconds since 1970. */
export function lastUsesOf(entries: readonly Entry[]): ReadonlyMap<Entry, number> {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const found = new Map<Entry, number>()
  for (const newest of [...entries].sort((a, b) => b.lastUsed - a.lastUsed)) {
    const waiting = [newest]
    for (let entry = waiting.pop(); entry; entry = waiting.pop()) {
      if (found.has(entry)) continue
      found.set(entry, newest.lastUsed)
      waiting.push(
        ...entry.parents.flatMap((id) => byId.get(id) ?? []),
        ...entry.holds.flatMap((id) => byId.get(id) ?? []),
      )
    }
  }
  return found
}

/** Least recently used first; of those used at one time what stands on the others. */
export function evictionOrder(entries: readonly Entry[], lastUses: ReadonlyMap<Entry, number>): readonly Entry[] {
  const depths = depthsOf(entries)
  const [used, depth] = [(entry: Entry) => lastUses.get(entry) ?? 0, (entry: Entry) => depths.get(entry) ?? 0]
  return [...entries].sort((a, b) => used(a) - used(b) || depth(b) - depth(a))
}

/** On how many others each stands, one on the other. A layer may come twice in a stack: then it counts once. */
function depthsOf(entries: readonly Entry[]): ReadonlyMap<Entry, number> {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  const depths = new Map<Entry, number>()
  for (const start of entries) {
    const path = [start]
    const entered = new Set<Entry>()
    for (let entry = path.at(-1); entry; entry = path.at(-1)) {
      const below = [...entry.parents, ...entry.holds].flatMap((id) => byId.get(id) ?? [])
      const next = entered.has(entry) ? undefined : below.filter((one) => !depths.has(one) && !entered.has(one))
      entered.add(entry)
      if (next && next.length > 0) {
        path.push(...next)
        continue
      }
      path.pop()
      depths.set(entry, 1 + Math.max(-1, ...below.map((one) => depths.get(one) ?? -1)))
    }
  }
  return depths
}
