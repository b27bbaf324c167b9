import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildOptions } from '../../src/index.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry } from '../support/docker-registry.ts'
import { buildOn, type Machines, noticesOf, openMachines } from '../support/machines.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase && hasDockerRegistry

/** Each RUN adds a line to its cache, and shows what was there. */
const dockerfile = `FROM base
RUN --mount=type=cache,id=npm,target=/c cat /c/list > /npm 2>/dev/null; echo more >> /c/list; ln -sf list /c/link
RUN --mount=type=cache,id=own,target=/c,uid=33,mode=0700 ls -ldn /c > /own; touch /c/f
RUN --mount=type=cache,id=one,target=/c,sharing=private touch /c/f
`

describe.skipIf(!able)(`caches of RUN on other machines (root, busybox; ${noDockerRegistry})`, () => {
  let machines: Machines
  beforeAll(async () => {
    machines = await openMachines()
  })
  afterAll(() => machines[Symbol.asyncDispose]())

  /** What the RUNs of a build found in their caches. */
  async function found(on: Workspace, options: Partial<BuildOptions>) {
    const dest = path.join(on.directory, 'out')
    const outputs = [{ type: 'local', dest }] as const
    const { events } = await buildOn(on, { outputs, noCache: true, ...options })
    return {
      npm: readFileSync(path.join(dest, 'npm'), 'utf8'),
      own: readFileSync(path.join(dest, 'own'), 'utf8'),
      events,
    }
  }

  it('are exported with the cache and begin with it on a cold machine', async () => {
    const [one, other, third] = await Promise.all([1, 2, 3].map(() => machines.machine(dockerfile)))
    if (!one || !other || !third) throw new Error('no machines')
    const ref = `${machines.proxy.host}/mounts/app:cache`
    const [from, to] = [{ type: 'registry', ref } as const, { type: 'registry', ref, mounts: 'all' } as const]
    expect((await found(one, { cacheTo: [to] })).npm).toBe('')
    const next = await found(other, { cacheFrom: [from], cacheTo: [to] })
    expect(next.npm).toBe('more\n')
    expect(next.own).toMatch(/^drwx------ +\d+ 33 +0 /)
    const some = await found(third, { cacheFrom: [from], cacheTo: [{ ...to, mounts: ['none', 'npm'] }] })
    expect(some.npm).toBe('more\nmore\n')
    expect(noticesOf(some.events)).toContain('no RUN of this build has a cache mount none')
  })

  it('one that is not what its record says begins empty', async () => {
    const [one, other] = [await machines.machine(dockerfile), await machines.machine(dockerfile)]
    const folder = path.join(one.directory, 'shared')
    await found(one, { cacheTo: [{ type: 'local', path: folder, mounts: ['npm'] }] })
    const blobs = path.join(folder, 'blobs/sha256')
    const manifests = readdirSync(blobs).flatMap((name) => {
      const text = readFileSync(path.join(blobs, name), 'utf8')
      return text.startsWith('{"version"') ? [JSON.parse(text)] : []
    })
    const blob = String(manifests[0]?.mounts[0]?.blob).replace('sha256:', '')
    writeFileSync(path.join(blobs, blob), Buffer.alloc(statSync(path.join(blobs, blob)).size, 1))
    const { npm, events } = await found(other, { cacheFrom: [{ type: 'local', path: folder }] })
    expect(npm).toBe('')
    expect(noticesOf(events)).toContain('has a layer that cannot be used')
  })

  it('--cache-mount has a folder of the machine in place of one of the store', async () => {
    const one = await machines.machine(dockerfile)
    const folder = path.join(one.directory, 'npm')
    const run = () =>
      tsbuild(one, '-q', '--no-cache', '--runtime=native', '--cache-mount', `id=npm,path=${folder}`, 'context')
    expect(await run()).toMatchObject({ status: 0 })
    expect(await run()).toMatchObject({ status: 0 })
    expect(readFileSync(path.join(folder, 'list'), 'utf8')).toBe('more\nmore\n')
    expect(existsSync(path.join(folder, 'f'))).toBe(false)
  })
})
