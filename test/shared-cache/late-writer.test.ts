import { describe, expect, it } from 'vitest'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
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

describe.skipIf(!hasDockerRegistry)(`a writer that stands still before it writes (${noDockerRegistry})`, () => {
  it('takes no record from one who looked and wrote meanwhile', async () => {
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
    let looks: number | undefined
    await using other = await startFaultProxy(server.host, (method, path) => {
      if (!isCache(path)) return undefined
      if (method === 'PUT') looks ??= 0
      else if (looks !== undefined && ++looks === 2) {
        goesOn.resolve()
        return wrote.promise
      }
      return undefined
    })
    await using one = await openMachine('a', `${late.host}/late:cache`)
    await using two = await openMachine('b', `${other.host}/late:cache`)
    const written = one.write()
    await stands.promise
    await two.write()
    goesOn.resolve()
    await written
    for (const file of ['a', 'b']) {
      await using on = await openWorkspace()
      on.write({ 'context/Dockerfile': `FROM scratch\nCOPY ${file} /\n`, [`context/${file}`]: file })
      const { ran } = await on.build({ cacheFrom: [{ type: 'registry', ref: `${server.host}/late:cache` }] })
      expect({ file, ran }).toEqual({ file, ran: [] })
    }
  })
})
