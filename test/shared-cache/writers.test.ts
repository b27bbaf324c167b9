import { describe, expect, it } from 'vitest'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { noticesOf } from '../support/machines.ts'
import { openWorkspace } from '../support/workspace.ts'

/** Builds one file, with a cache in a registry. */
async function openMachine(file: string, ref: string) {
  const on = await openWorkspace()
  on.write({ 'context/Dockerfile': `FROM scratch\nCOPY ${file} /\n`, [`context/${file}`]: file })
  return {
    write: () => on.build({ cacheTo: [{ type: 'registry', ref, mode: 'max', required: true }] }),
    [Symbol.asyncDispose]: () => on[Symbol.asyncDispose](),
  }
}

const isCache = (path: string) => path.endsWith('/manifests/cache')

/** What the cache has for a machine with nothing. */
async function ranWith(ref: string, file: string) {
  await using on = await openWorkspace()
  on.write({ 'context/Dockerfile': `FROM scratch\nCOPY ${file} /\n`, [`context/${file}`]: file })
  return (await on.build({ cacheFrom: [{ type: 'registry', ref }] })).ran
}

describe.skipIf(!hasDockerRegistry)(`many writers of a cache (${noDockerRegistry})`, () => {
  it('one that stands still before it writes takes no record from one who looked and wrote meanwhile', async () => {
    await using server = await startDockerRegistry()
    const stands = Promise.withResolvers<void>()
    const goesOn = Promise.withResolvers<void>()
    const wrote = Promise.withResolvers<void>()
    let puts = 0
    await using late = await startFaultProxy(server.host, (method, path) => {
      if (!isCache(path)) return undefined
      if (method === 'PUT' && ++puts === 1) {
        stands.resolve()
        return goesOn.promise
      }
      if (puts > 0) wrote.resolve()
      return undefined
    })
    /** When the other wrote, and looked after that. */
    const times: number[] = []
    await using other = await startFaultProxy(server.host, (method, path) => {
      if (!isCache(path) || (method !== 'PUT' && times.length === 0)) return undefined
      if (times.push(performance.now()) < 3) return undefined
      goesOn.resolve()
      return wrote.promise
    })
    await using one = await openMachine('a', `${late.host}/late:cache`)
    await using two = await openMachine('b', `${other.host}/late:cache`)
    const written = one.write()
    await stands.promise
    await two.write()
    goesOn.resolve()
    await written
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1000)
    for (const file of ['a', 'b']) {
      expect({ file, ran: await ranWith(`${server.host}/late:cache`, file) }).toEqual({ file, ran: [] })
    }
  })

  it('one whose write is tried again looks before that, too', async () => {
    await using server = await startDockerRegistry()
    let puts = 0
    await using busy = await startFaultProxy(server.host, (method, path) => {
      const isFirst = isCache(path) && method === 'PUT' && ++puts === 1
      return isFirst ? two.write().then(() => 503) : undefined
    })
    await using one = await openMachine('a', `${busy.host}/busy:cache`)
    await using two = await openMachine('b', `${server.host}/busy:cache`)
    await one.write()
    for (const file of ['a', 'b']) {
      expect({ file, ran: await ranWith(`${server.host}/busy:cache`, file) }).toEqual({ file, ran: [] })
    }
  })

  it('one whose write was taken, and whose answer was lost, looks after it all the same', async () => {
    await using server = await startDockerRegistry()
    let taken = false
    const looks: string[] = []
    await using lossy = await startFaultProxy(server.host, (method, path) => {
      if (!isCache(path)) return undefined
      if (taken) looks.push(method)
      const isFirst = method === 'PUT' && !taken
      taken ||= isFirst
      return isFirst ? 'lost' : undefined
    })
    await using one = await openMachine('a', `${lossy.host}/lossy:cache`)
    await one.write()
    // Before it would be tried again, and twice after that.
    expect(looks).toEqual(['GET', 'GET', 'GET'])
    expect(await ranWith(`${server.host}/lossy:cache`, 'a')).toEqual([])
  })

  it('one who cannot look any more has written all the same, and says so', async () => {
    await using server = await startDockerRegistry()
    let puts = 0
    await using gone = await startFaultProxy(server.host, (method, path) => {
      if (isCache(path) && method === 'PUT') puts++
      return puts > 0 && method === 'GET' ? 'cut' : undefined
    })
    await using one = await openMachine('a', `${gone.host}/gone:cache`)
    const { events } = await one.write()
    expect(noticesOf(events)).toMatch(
      /whether the cache \S+\/gone:cache kept what was written could not be looked at: /,
    )
    expect(await ranWith(`${server.host}/gone:cache`, 'a')).toEqual([])
  }, 30_000)

  it('a build with several caches looks after all of them at the same time', async () => {
    await using server = await startDockerRegistry()
    const asked: string[] = []
    const all = Promise.withResolvers<void>()
    await using proxy = await startFaultProxy(server.host, (method, path) => {
      const [, tag] = /\/manifests\/(one|two|three)$/.exec(path) ?? []
      if (tag === undefined) return undefined
      asked.push(`${method} ${tag}`)
      if (method === 'PUT' && asked.filter((line) => line.startsWith('PUT')).length === 3) all.resolve()
      const hasPut = asked.includes(`PUT ${tag}`)
      return method === 'GET' && hasPut ? all.promise : undefined
    })
    await using on = await openWorkspace()
    on.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const refs = ['one', 'two', 'three'].map((tag) => `${proxy.host}/several:${tag}`)
    await on.build({ cacheTo: refs.map((ref) => ({ type: 'registry', ref, mode: 'max', required: true })) })
    for (const ref of refs) expect(await ranWith(ref, 'a')).toEqual([])
  })
})
