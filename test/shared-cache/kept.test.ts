import path from 'node:path'
import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { documentLimits, mediaTypes } from '../../src/image/index.ts'
import { cacheTypes, readCache } from '../../src/shared-cache/index.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { hasDockerRegistry, noDockerRegistry } from '../support/docker-registry.ts'
import { type Faults, startFaultProxy } from '../support/fault-proxy.ts'
import { buildOn, type Machines, noticesOf, openMachines } from '../support/machines.ts'
import { runProgram } from '../support/programs.ts'

const able = getuid?.() === 0 && hasBusyboxBase && hasDockerRegistry
const copies = (name: string) => `FROM scratch\nCOPY a /${name}\nCOPY b /${name}-more\n`

/** How many records a cache has, as the document itself says. */
async function recordsOf(machines: Machines, ref: string): Promise<number> {
  const { config } = JSON.parse(machines.raw(ref)) as { config: { digest: string } }
  const url = `http://${machines.server.host}/v2/${ref.replace(/^[^/]*\//, '').replace(/:.*/, '')}/blobs/${config.digest}`
  const { records } = (await (await fetch(url)).json()) as { records: readonly unknown[] }
  return records.length
}

describe.skipIf(!able)(`what is in a shared cache stays (root, busybox; ${noDockerRegistry})`, () => {
  let machines: Machines
  beforeAll(async () => {
    machines = await openMachines()
  })
  afterAll(() => machines[Symbol.asyncDispose]())
  const registry = (ref: string) => ({ type: 'registry', ref, mode: 'max' }) as const

  it.each<[string, Faults]>([
    [
      'its manifest is not taken for a while',
      (method, asked) => (method === 'PUT' && asked.includes('/manifests/') ? 503 : undefined),
    ],
    [
      'its records cannot be read for a while',
      (method, asked) => (method === 'GET' && asked.includes('/blobs/sha256') ? 500 : undefined),
    ],
  ])('when %s', async (_, faults) => {
    await using proxy = await startFaultProxy(machines.server.host, faults)
    const [one, other] = [await machines.machine(copies('one')), await machines.machine(copies('other'))]
    const name = `kept/${sha256(String(faults)).slice(7, 19)}:cache`
    await buildOn(one, { cacheTo: [registry(`${machines.server.host}/${name}`)] })
    const before = machines.raw(`${machines.server.host}/${name}`)
    const failed = await buildOn(other, { cacheTo: [registry(`${proxy.host}/${name}`)] })
    expect(noticesOf(failed.events)).toContain('the cache was not written to')
    expect(machines.raw(`${machines.server.host}/${name}`)).toBe(before)
    await buildOn(other, { cacheTo: [registry(`${machines.server.host}/${name}`)] })
    expect(await recordsOf(machines, `${machines.server.host}/${name}`)).toBe(4)
  })

  it('but what --no-cache made again takes the place of what is there', async () => {
    const ref = `${machines.server.host}/again/app:cache`
    const [one, other, cold] = [await machines.machine(), await machines.machine(), await machines.machine()]
    const first = await buildOn(one, { cacheTo: [registry(ref)] })
    const second = await buildOn(other, { noCache: true, cacheTo: [registry(ref)] })
    expect(second.result.id).not.toBe(first.result.id)
    const read = await buildOn(cold, { cacheFrom: [{ type: 'registry', ref }] })
    expect([read.ran, read.result.id]).toEqual([[], second.result.id])
  })

  it('other names of a folder keep all that they lead to', async () => {
    const on = await machines.machine(copies('one'))
    const folder = path.join(on.directory, 'shared')
    const local = (tag: string) => ({ type: 'local', path: folder, mode: 'max', tag }) as const
    await buildOn(on, {
      tags: ['app'],
      outputs: [{ type: 'oci', dest: folder, tar: false }],
      cacheTo: [local('first'), local('second')],
    })
    on.write({ 'context/b': 'edited' })
    await buildOn(on, { cacheTo: [local('second')] })
    for (const tag of ['latest', 'first', 'second']) {
      runProgram('skopeo', 'copy', `oci:${folder}:${tag}`, `dir:${path.join(on.directory, sha256(tag).slice(7))}`)
    }
    const cold = await machines.machine(copies('one'))
    expect((await buildOn(cold, { cacheFrom: [local('first')] })).ran).toEqual([])
  })

  it('caches of RUN of several machines at once: the last one has the say, and all end well', async () => {
    const ref = `${machines.server.host}/mounts/app:cache`
    const text = (at: number) => `FROM base\nRUN --mount=type=cache,id=all,target=/c echo ${at} > /c/${at}\n`
    const builders = await Promise.all([1, 2, 3].map((at) => machines.machine(text(at))))
    const to = [{ ...registry(ref), mounts: 'all', required: true }] as const
    const built = await Promise.all(builders.map((on) => buildOn(on, { cacheTo: to })))
    expect(built.map(({ events }) => noticesOf(events))).toEqual(['', '', ''])
    expect(await recordsOf(machines, ref)).toBe(3)
  })
})

describe('a document of records', () => {
  const read = (document: object, limits = documentLimits) => {
    const bytes = Buffer.from(JSON.stringify(document))
    const config = { mediaType: cacheTypes.records, digest: sha256(bytes), size: bytes.length }
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: cacheTypes.artifact,
      config,
      layers: [],
    }
    const root = Buffer.from(JSON.stringify(manifest))
    const source = {
      root: { descriptor: { mediaType: mediaTypes.manifest, digest: sha256(root), size: root.length }, bytes: root },
      document: () => Promise.reject(new Error('there is none')),
      blob: (descriptor: typeof config) => ({
        descriptor,
        open: async function* () {
          yield bytes
        },
      }),
    }
    return readCache(source, {
      name: 'cache',
      platforms: [{ os: 'linux', architecture: 'amd64' }],
      limits,
    })
  }
  const mount = { id: 'a', blob: sha256('a'), diffId: sha256('a'), saved: '2024-01-02T03:04:05Z' }

  it('of a later version is no damaged one', async () => {
    await expect(read({ version: 2, of: 'the future' })).rejects.toMatchObject({ code: 'TSB_CACHE_VERSION' })
  })

  it.each(['2024-13-45T25:61:61Z', '2024-01-02', 'soon'])('with the time %s is none', async (saved) => {
    const asked = read({ version: 1, records: [], mounts: [{ ...mount, saved }] })
    await expect(asked).rejects.toMatchObject({ code: 'TSB_CACHE_FORMAT', message: expect.stringContaining('saved') })
  })

  it('may nest as deep as --limit json-depth says, and not deeper', async () => {
    // The document, its list, a mount in it.
    const document = { version: 1, records: [], mounts: [mount] }
    await expect(read(document, { ...documentLimits, depth: 2 })).rejects.toMatchObject({
      code: 'TSB_DOCUMENT_FORMAT',
      hint: expect.stringContaining('--limit json-depth='),
    })
    // What is wrong with it then is that its manifest has no such layer.
    await expect(read(document, { ...documentLimits, depth: 3 })).rejects.toMatchObject({ code: 'TSB_CACHE_FORMAT' })
  })
})
