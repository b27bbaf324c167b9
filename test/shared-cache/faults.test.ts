import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type DockerRegistry,
  hasDockerRegistry,
  noDockerRegistry,
  startDockerRegistry,
} from '../support/docker-registry.ts'
import { seededFaults, startFaultProxy } from '../support/fault-proxy.ts'
import { noticesOf } from '../support/machines.ts'
import { openWorkspace } from '../support/workspace.ts'

describe.skipIf(!hasDockerRegistry)(`shared caches over a bad network (${noDockerRegistry})`, () => {
  let server: DockerRegistry
  beforeAll(async () => {
    server = await startDockerRegistry()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it.each([21, 22])('the image is right, and what was not to be had is said, seed %i', async (seed) => {
    await using bad = await startFaultProxy(server.host, seededFaults(seed, 25))
    const ref = `${bad.host}/faults/app:${seed}`
    const files = Object.fromEntries([1, 2, 3].map((i) => [`context/f${i}`, String(i).repeat(100_000 * i)]))
    const dockerfile = `FROM scratch\n${[1, 2, 3].map((i) => `COPY f${i} /\n`).join('')}`
    for (const machine of ['writes', 'reads']) {
      await using on = await openWorkspace()
      on.write({ ...files, 'context/Dockerfile': dockerfile })
      const dest = path.join(on.directory, 'out')
      const { events, ran } = await on.build({
        outputs: [{ type: 'local', dest }],
        cacheFrom: [{ type: 'registry', ref }],
        cacheTo: [{ type: 'registry', ref }],
      })
      for (const i of [1, 2, 3]) {
        expect(readFileSync(path.join(dest, `f${i}`), 'utf8')).toBe(files[`context/f${i}`])
      }
      if (machine === 'reads' && ran.length > 0) expect(noticesOf(events)).toContain('warning: the cache')
    }
  })

  it('a registry that is down costs a notice, and an error where it is required', async () => {
    await using on = await openWorkspace()
    on.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const place = { type: 'registry', ref: '127.0.0.1:1/app:cache' } as const
    const { events, result } = await on.build({ cacheFrom: [place], cacheTo: [place], tags: ['app'] })
    expect(result.names).toEqual(['docker.io/library/app:latest'])
    expect(noticesOf(events)).toMatch(
      /is not used: .*127\.0\.0\.1:1.*\(hint: nothing listens there[\s\S]*was not written to 127\.0\.0\.1:1.*\(hint: /,
    )
    const required = on.build({ noCache: true, cacheTo: [{ ...place, required: true }] })
    await expect(required).rejects.toMatchObject({ code: 'TSB_CACHE_EXPORT' })
  })
})
