import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BuildOptions } from '../../src/index.ts'
import { type ActionsCache, startActionsCache } from '../support/actions-cache.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { noticesOf, sourcesOf } from '../support/machines.ts'
import { foundInMount } from '../support/mounted-list.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const dockerfile = 'FROM scratch AS files\nCOPY a /a\nCOPY b /b\nFROM scratch\nCOPY --from=files /a /b /app/\n'
const calls = '/twirp/github.actions.results.api.v1.CacheService'

describe("caches in GitHub's cache service", () => {
  const machines: Workspace[] = []
  let service: ActionsCache
  beforeAll(async () => {
    service = await startActionsCache()
  })
  afterAll(async () => {
    for (const each of [service, ...machines]) await each[Symbol.asyncDispose]()
  })
  const machine = async (b = 'b') => {
    const made = await openWorkspace()
    machines.push(made)
    made.write({ 'context/Dockerfile': dockerfile, 'context/a': 'a', 'context/b': b })
    return made
  }
  const place = (scope: string) => ({ type: 'gha', scope, url: service.url, token: service.token }) as const

  it('a cold machine gets the same image, and fetches no layer', async () => {
    const [one, other] = [await machine(), await machine()]
    const cacheTo = [{ ...place('cold'), mode: 'max', required: true }] as const
    const first = await one.build({ cacheTo })
    const before = service.asked().length
    const again = await other.build({ cacheFrom: [place('cold')], cacheTo })
    expect(again.ran).toEqual([])
    expect(again.result.id).toBe(first.result.id)
    expect(sourcesOf(again.events)).toEqual(['gha:cold'])
    const asked = service.asked().slice(before)
    // Manifest and records, for the build and to see that there is nothing to write.
    const one4 = [`POST ${calls}/GetCacheEntryDownloadURL`, expect.stringMatching(/^GET /)]
    expect(asked).toEqual([...one4, ...one4, ...one4, ...one4])
  })

  it.skipIf(getuid?.() !== 0 || !hasBusyboxBase)('caches of RUN go along (root, busybox)', async () => {
    const to = { ...place('mounts'), mounts: 'all', required: true } as const
    const found = async (options: Partial<BuildOptions>) => foundInMount(await machine(), options)
    expect(await found({ cacheTo: [to] })).toBe('')
    expect(await found({ cacheFrom: [place('mounts')], cacheTo: [to] })).toBe('more\n')
    expect(await found({ cacheFrom: [place('mounts')] })).toBe('more\nmore\n')
  })

  it('loses no record of many writers, of whom only one can write the next manifest', async () => {
    const contents = ['x', 'y', 'y', 'z']
    const writers = await Promise.all(contents.map(machine))
    const cacheTo = [{ ...place('many'), mode: 'max', required: true }] as const
    await Promise.all(writers.map((each) => each.build({ cacheTo })))
    for (const each of new Set(contents)) {
      const { ran } = await (await machine(each)).build({ cacheFrom: [place('many')] })
      expect({ each, ran }).toEqual({ each, ran: [] })
    }
  })

  it('a manifest that somebody began and never ended is passed over after a while', async () => {
    const scope = 'stuck'
    const one = await machine()
    let [began, key] = [false, `tsbuild-manifest-${scope}#1`]
    service.fault = (method) => {
      // The bytes of the first manifest never come.
      if (method !== 'PUT' || began || service.lastCreated() !== key) return undefined
      began = true
      return 400
    }
    await expect(one.build({ cacheTo: [{ ...place(scope), required: true }] })).rejects.toMatchObject({
      code: 'TSB_CACHE_EXPORT',
    })
    service.fault = () => undefined
    let clock = Date.now()
    const environment = { ...one.environment, now: () => (clock += 3000) }
    const { build } = await import('../../src/index.ts')
    await build({ context: 'context', cacheTo: [{ ...place(scope), required: true }] }, environment)
    key = `tsbuild-manifest-${scope}#2`
    expect([...service.entries.keys()]).toContain(key)
  })

  it('F06 wrong bytes are refused by digest, and large layers go in blocks', async () => {
    const [one, other] = [await machine(), await machine()]
    const bytes = randomBytes(9 << 20)
    for (const each of [one, other]) writeFileSync(path.join(each.directory, 'context/b'), bytes)
    let faults = 1
    service.fault = (method) => (method === 'PUT' && faults-- > 0 ? 503 : undefined)
    await one.build({ cacheTo: [{ ...place('large'), compression: 'none', required: true }] })
    service.fault = () => undefined
    const outputs = [{ type: 'oci', dest: 'app.tar', tar: true }] as const
    const cacheFrom = [{ ...place('large'), verify: true, required: true }] as const
    const good = await other.build({ cacheFrom, outputs })
    expect(noticesOf(good.events)).toBe('')
    expect(good.cached).toContain('[stage-1 1/1] COPY --from=files /a /b /app/')
    const [key = ''] = [...service.entries].findLast(([, { length }]) => length > 9 << 20) ?? []
    const wrong = Buffer.from(service.entries.get(key) ?? [])
    wrong.writeUInt8((wrong[wrong.length - 3000] ?? 0) ^ 1, wrong.length - 3000)
    service.entries.set(key, wrong)
    const third = await machine()
    writeFileSync(path.join(third.directory, 'context/b'), bytes)
    await expect(third.build({ cacheFrom, outputs })).rejects.toMatchObject({
      code: 'TSB_CACHE_IMPORT',
      message: expect.stringContaining('has other bytes than its digest says'),
    })
    const { events, result } = await third.build({ cacheFrom: [{ ...place('large'), verify: true }], outputs })
    expect(noticesOf(events)).toMatch(/has a layer that cannot be used.*has other bytes than its digest says/)
    expect(result.id).not.toBe('')
  })

  it('G04 neither token nor signed URLs are printed; outside of a job there is a warning', async () => {
    const one = await machine()
    const variables = { ACTIONS_RESULTS_URL: service.url, ACTIONS_RUNTIME_TOKEN: service.token }
    const run = (extra: Record<string, string>, ...argv: readonly string[]) =>
      tsbuild({ ...one, variables: extra }, '--progress=plain', ...argv, 'context')
    service.fault = (method) => (method === 'PUT' ? 400 : undefined)
    const failed = await run(variables, '--cache-from', 'type=gha', '--cache-to', 'type=gha,mode=max')
    service.fault = () => undefined
    expect(failed.status).toBe(0)
    const host = new URL(service.url).host
    expect(failed.stderr).toContain(
      `not written to gha:tsbuild: PUT the bytes of an entry, attempt 1: ${host} answers 400`,
    )
    for (const secret of [service.token, ...service.signatures]) expect(failed.stderr).not.toContain(secret)
    const outside = await run({}, '--cache-to', 'type=gha,required=true')
    expect(outside).toMatchObject({ status: 1, stderr: expect.stringContaining('ACTIONS_RUNTIME_TOKEN are not set') })
    // A name of a step that has the token in it, and the Dockerfile, would bring it into what is told and remembered.
    one.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /CANARY-7c1d\n' })
    const denied = await one.build({ cacheTo: [{ ...place('x'), token: 'CANARY-7c1d' }] })
    expect(noticesOf(denied.events)).toContain(`${host} answers 401 unauthenticated`)
    expect(denied.ran).toEqual(['[1/1] COPY a /***'])
    expect(JSON.stringify(denied.events)).not.toContain('CANARY-7c1d')
    const builds = path.join(one.environment.root, 'builds')
    const records = readdirSync(builds, { recursive: true, encoding: 'utf8', withFileTypes: true })
    const texts = records.flatMap((file) =>
      file.isFile() ? [readFileSync(path.join(file.parentPath, file.name))] : [],
    )
    expect(String(Buffer.concat(texts))).toContain('COPY a /***')
    expect(String(Buffer.concat(texts))).not.toContain('CANARY-7c1d')
  })
})
