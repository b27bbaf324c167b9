/** Remembers what probes of this machine found. Losing it only costs the time of probing again. */
export interface ProbeCache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string): Promise<void>
}

/** Remembers nothing. */
export const noProbeCache: ProbeCache = { get: async () => undefined, set: async () => {} }

/** The answer from the cache, else of the probe, which is kept. */
export async function remembered(cache: ProbeCache, key: string, probe: () => Promise<string>): Promise<string> {
  const known = await cache.get(key)
  if (known !== undefined) return known
  const found = await probe()
  await cache.set(key, found)
  return found
}
