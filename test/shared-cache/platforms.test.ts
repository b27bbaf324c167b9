import { describe, expect, it } from 'vitest'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { noticesOf, sourcesOf } from '../support/machines.ts'
import { openWorkspace } from '../support/workspace.ts'

const dockerfile = `FROM scratch AS shared
COPY a /a
FROM scratch
ARG TARGETARCH
COPY --from=shared /a /app/$TARGETARCH/a
`

describe.skipIf(!hasDockerRegistry)(`shared caches of several platforms (${noDockerRegistry})`, () => {
  it.each(['registry', 'inline'] as const)('type=%s has the steps of all, and gives the same index', async (type) => {
    await using server = await startDockerRegistry()
    const name = `${server.host}/app:1`
    const ref = type === 'inline' ? name : `${server.host}/app:cache`
    const cacheTo = type === 'inline' ? ([{ type }] as const) : ([{ type, ref, mode: 'max' }] as const)
    const asked = {
      platform: ['linux/amd64', 'linux/arm64'],
      tags: [name],
      outputs: [{ type: 'registry' }],
      cacheTo,
    } as const
    await using one = await openWorkspace()
    await using other = await openWorkspace()
    for (const each of [one, other]) each.write({ 'context/Dockerfile': dockerfile, 'context/a': 'a' })
    const first = await one.build(asked)
    const again = await other.build({ ...asked, cacheFrom: [{ type: 'registry', ref }] })
    expect(noticesOf(first.events)).toBe('')
    if (type === 'registry') {
      expect(again.ran).toEqual([])
      expect(sourcesOf(again.events)).toEqual([ref])
      expect(again.result.manifest.digest).toBe(first.result.manifest.digest)
    } else {
      // The stage that is in no image is made again, and what is copied from it is the same.
      expect(again.ran).toHaveLength(1)
      expect(again.cached).toHaveLength(2)
    }
  })
})
