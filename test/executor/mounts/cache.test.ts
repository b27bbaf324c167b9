import { describe, expect, it } from 'vitest'
import { holdCaches } from '../../../src/executor/mounts/cache.ts'
import type { OpContext } from '../../../src/executor/ops/op-executor.ts'
import type { Mount } from '../../../src/graph/index.ts'
import { openWorkshop } from '../../support/workshop.ts'

const cacheMount = (id: string, sharing: 'locked' | 'private' | 'shared'): Mount => ({
  kind: 'cache',
  id,
  sharing,
  target: `/${id}`,
  readOnly: false,
  mode: 0o755,
  uid: 0,
  gid: 0,
})

/** What holding asks of a step. */
function contextOf(cache: OpContext['ports']['cache'], signal: AbortSignal): OpContext {
  return { ports: { cache }, signal } as unknown as OpContext
}

describe('the caches of a RUN', () => {
  it('are taken once, however many mounts want the same one', async () => {
    await using workshop = await openWorkshop()
    const mount = cacheMount('a', 'locked')
    const held = await holdCaches([mount, mount], contextOf(workshop.cache, AbortSignal.timeout(5000)))
    if (mount.kind === 'cache') expect(held.directoryOf(mount)).toMatch(/shared$/)
    await held.release()
  })

  it('are taken in one order, so that two RUNs that name them in different orders do not wait for each other', async () => {
    await using workshop = await openWorkshop()
    const [a, b] = [cacheMount('a', 'locked'), cacheMount('b', 'locked')]
    const context = contextOf(workshop.cache, AbortSignal.timeout(5000))
    const take = async (mounts: readonly Mount[]) => (await holdCaches(mounts, context)).release()
    await Promise.all(Array.from({ length: 10 }, (_, i) => take(i % 2 === 0 ? [a, b] : [b, a])))
  })

  it('are given back when the build is stopped while it waits for another one', async () => {
    await using workshop = await openWorkshop()
    const [a, b] = [cacheMount('a', 'locked'), cacheMount('b', 'locked')]
    const never = new AbortController().signal
    const other = await holdCaches([b], contextOf(workshop.cache, never))
    const stopped = holdCaches([a, b], contextOf(workshop.cache, AbortSignal.timeout(100)))
    await expect(stopped).rejects.toThrow()
    const free = await holdCaches([a], contextOf(workshop.cache, AbortSignal.timeout(5000)))
    await Promise.all([free.release(), other.release()])
  })
})
