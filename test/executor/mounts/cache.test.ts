import { readFile, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { holdCaches, prepareCache } from '../../../src/executor/mounts/cache.ts'
import type { OpContext } from '../../../src/executor/ops/op-executor.ts'
import type { Mount, OpId } from '../../../src/graph/index.ts'
import { tree } from '../../support/tree.ts'
import { openWorkshop } from '../../support/workshop.ts'

type CacheMount = Extract<Mount, { kind: 'cache' }>

const cacheMount = (id: string, sharing: CacheMount['sharing']): CacheMount => ({
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
    expect(held.directoryOf(mount)).toMatch(/shared$/)
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

  it('are one for each owner and mode that they begin with', async () => {
    await using workshop = await openWorkshop()
    const mounts = [cacheMount('a', 'shared'), { ...cacheMount('a', 'shared'), uid: 5 }]
    const held = await holdCaches(mounts, contextOf(workshop.cache, AbortSignal.timeout(5000)))
    const [plain, owned] = mounts.map((mount) => held.directoryOf(mount))
    expect(owned).not.toBe(plain)
    expect(held.directoryOf(cacheMount('a', 'shared'))).toBe(plain)
  })

  it('begin as a copy of their source, whose mode the directory has too', async () => {
    await using workshop = await openWorkshop()
    const files = tree('dir[mode=1770] /seed', 'file /seed/f x')
    const mount = { ...cacheMount('a', 'shared'), from: 'stage' as OpId, source: '/seed' }
    const context = {
      inputs: { value: () => ({ kind: 'remote', tree: files }) },
      ports: { cache: workshop.cache, temporary: workshop.store.temporary },
      signal: AbortSignal.timeout(5000),
    } as unknown as OpContext
    const held = await holdCaches([mount], context)
    await prepareCache(mount, held, context)
    const directory = held.directoryOf(mount)
    expect((await stat(directory)).mode & 0o7777).toBe(0o1770)
    expect(await readFile(`${directory}/f`, 'utf8')).toBe('x')
  })
})
