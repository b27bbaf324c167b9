import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BuildOptions, build, type S3CachePlace } from '../../src/index.ts'
import { hasAmazon, startAmazon } from '../support/amazon.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { type Conditions, startConditions } from '../support/conditions.ts'
import { noticesOf, sourcesOf } from '../support/machines.ts'
import { foundInMount } from '../support/mounted-list.ts'
import { hasObjectServer, noObjectServer, type ObjectServer, startObjectServer } from '../support/object-server.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const dockerfile = 'FROM scratch AS files\nCOPY a /a\nCOPY b /b\nFROM scratch\nCOPY --from=files /a /b /app/\n'

describe.skipIf(!hasObjectServer)(`caches in S3 (${noObjectServer})`, () => {
  const machines: Workspace[] = []
  let store: ObjectServer
  let gate: Conditions
  beforeAll(async () => {
    store = await startObjectServer()
    gate = await startConditions(store)
  })
  afterAll(async () => {
    for (const each of [gate, store, ...machines]) await each?.[Symbol.asyncDispose]()
  })
  const machine = async (b = 'b') => {
    const made = await openWorkspace()
    machines.push(made)
    made.write({ 'context/Dockerfile': dockerfile, 'context/a': 'a', 'context/b': b })
    return made
  }
  const bucket = async (name: string, url = gate.url): Promise<S3CachePlace> => {
    await store.makeBucket(name)
    gate.log.length = 0
    return { type: 's3', bucket: name, endpointUrl: url, usePathStyle: true, ...store.keys }
  }

  it('a cold machine gets the same image, and fetches no layer', async () => {
    const place = await bucket('cold')
    const [one, other] = [await machine(), await machine()]
    const first = await one.build({ cacheTo: [{ ...place, mode: 'max', required: true }] })
    const keys = await store.keysIn('cold')
    expect(keys.filter((key) => !/^blobs\/sha256:[0-9a-f]{64}$/.test(key))).toEqual(['manifests/tsbuild'])
    gate.log.length = 0
    const again = await other.build({ cacheFrom: [place], cacheTo: [{ ...place, mode: 'max', required: true }] })
    expect(again.ran).toEqual([])
    expect(again.result.id).toBe(first.result.id)
    expect(sourcesOf(again.events)).toEqual(['s3://cold/manifests/tsbuild'])
    const { config } = JSON.parse(String(await store.read('cold', 'manifests/tsbuild')))
    const read = ['GET /cold/manifests/tsbuild', `GET /cold/blobs/${config.digest}`]
    // Read for the build, and to see that there is nothing to write.
    expect(gate.log.map(decodeURIComponent)).toEqual([...read, ...read])
  })

  it.each(['with conditions', 'without'])('a store %s loses no record of many writers', async (how) => {
    const place = await bucket(`many-${how.replace(' ', '-')}`, how === 'without' ? store.url : gate.url)
    const contents = ['x', 'y', 'y']
    const writers = await Promise.all(contents.map(machine))
    const names = how === 'without' ? ['team'] : ['team', 'copy']
    const to = [{ ...place, names, prefix: 'ci/', mode: 'max', required: true }] as const
    await Promise.all(writers.map((each) => each.build({ cacheTo: to })))
    for (const name of names) {
      for (const each of new Set(contents)) {
        const { ran } = await (await machine(each)).build({ cacheFrom: [{ ...place, names: [name], prefix: 'ci/' }] })
        expect({ name, each, ran }).toEqual({ name, each, ran: [] })
      }
    }
  })

  it('F06 wrong bytes under a digest are refused, and mended by who makes the layer again', async () => {
    const place = await bucket('poisoned')
    const [one, other, third] = [await machine(), await machine(), await machine()]
    const cacheTo = [{ ...place, mode: 'max', required: true }] as const
    await one.build({ cacheTo })
    const { layers } = JSON.parse(String(await store.read('poisoned', 'manifests/tsbuild'))) as {
      layers: { digest: string; size: number }[]
    }
    for (const { digest, size } of layers) await store.write('poisoned', `blobs/${digest}`, randomBytes(size))
    const built = await other.build({ cacheFrom: [{ ...place, verify: true }], cacheTo })
    expect(built.ran).not.toEqual([])
    expect(noticesOf(built.events)).toMatch(/has other bytes than its digest says/)
    const outputs = [{ type: 'oci', dest: 'app.tar', tar: true }] as const
    const again = await third.build({ cacheFrom: [{ ...place, verify: true }], outputs })
    expect({ ran: again.ran, notices: noticesOf(again.events) }).toEqual({ ran: [], notices: '' })
  })

  it('large layers go in parts, and what breaks is taken up', async () => {
    const place = await bucket('large')
    const [one, other] = [await machine(), await machine()]
    const bytes = randomBytes(9 << 20)
    for (const each of [one, other]) writeFileSync(path.join(each.directory, 'context/b'), bytes)
    const faults = new Map<string, number | 'cut'>([
      ['PUT', 503],
      ['GET', 'cut'],
    ])
    gate.fault = (method, asked) => {
      const fault = asked.includes('/blobs/') ? faults.get(method) : undefined
      if (fault !== undefined) faults.delete(method)
      return fault
    }
    await one.build({ cacheTo: [{ ...place, compression: 'none', required: true }] })
    expect(gate.log.filter((line) => line.startsWith('POST'))).toHaveLength(2)
    const outputs = [{ type: 'oci', dest: 'app.tar', tar: true }] as const
    const again = await other.build({ cacheFrom: [{ ...place, required: true, verify: true }], outputs })
    gate.fault = () => undefined
    expect(faults.size).toBe(0)
    expect(noticesOf(again.events)).toBe('')
    expect(again.cached).toContain('[stage-1 1/1] COPY --from=files /a /b /app/')
  })

  it('blobs that are used are touched when they are old', async () => {
    const place = await bucket('touched')
    const one = await machine()
    const cacheTo = [{ ...place, mode: 'max', required: true, touchRefresh: 0 }] as const
    await one.build({ cacheTo })
    gate.log.length = 0
    await one.build({ cacheTo })
    const put = gate.log.filter((line) => line.startsWith('PUT /touched/blobs/'))
    // Each of three layers, and the new records.
    expect(put).toHaveLength(4)
  })

  it('F07 what is no cache is not written over', async () => {
    const place = await bucket('other')
    const bytes = Buffer.from('{"layers":[{"blob":"sha256:1"}],"records":[]}')
    await store.write('other', 'manifests/tsbuild', bytes)
    const { events } = await (await machine()).build({ cacheTo: [place], cacheFrom: [place] })
    expect(noticesOf(events)).toMatch(/cache s3:\/\/other\/manifests\/tsbuild is not used: .*\n.*was not written to/)
    expect(await store.read('other', 'manifests/tsbuild')).toEqual(bytes)
  })

  it('G04 what fails is said once, with host, bucket, status and attempt, and no key', async () => {
    const place = await bucket('denied')
    const [one, secret] = [await machine(), 'CANARY-7c1d']
    const wrong = { ...place, secretAccessKey: secret, sessionToken: secret }
    const { events } = await one.build({ cacheFrom: [wrong] })
    const host = new URL(gate.url).host
    expect(noticesOf(events)).toBe(
      `warning: the cache s3://denied/manifests/tsbuild is not used: access denied: GET s3://denied/manifests/tsbuild, attempt 1: ${host} answers 403 SignatureDoesNotMatch`,
    )
    expect(JSON.stringify(events)).not.toContain(secret)
    const absent = { ...place, bucket: 'absent' }
    await expect(one.build({ cacheTo: [{ ...absent, required: true }] })).rejects.toMatchObject({
      code: 'TSB_CACHE_EXPORT',
      message: expect.stringMatching(/(POST|PUT) s3:\/\/absent\/\S+, attempt 1: \S+ answers 404/),
    })
    const nobody = { ...place, endpointUrl: 'http://127.0.0.1:1' }
    await expect(one.build({ noCache: true, cacheFrom: [{ ...nobody, required: true }] })).resolves.toBeDefined()
    one.write({ 'context/a': 'new' })
    await expect(one.build({ cacheFrom: [{ ...nobody, required: true }] })).rejects.toMatchObject({
      code: 'TSB_CACHE_IMPORT',
      message: expect.stringMatching(/cannot reach 127\.0\.0\.1:1: .*ECONNREFUSED/),
    })
  })

  it('E06 what a service says of a failure has a bound', async () => {
    const place = await bucket('long')
    const one = await machine()
    gate.fault = () => 'long'
    const { events } = await one.build({ cacheFrom: [place] })
    gate.fault = () => undefined
    expect(noticesOf(events)).toMatch(/an answer of 127\.0\.0\.1:\d+ is larger than \d+ bytes/)
  })

  it("the command line takes keys from AWS's files, and says where a step is from", async () => {
    const place = await bucket('words')
    const [one, other] = [await machine(), await machine()]
    const { accessKeyId, secretAccessKey } = store.keys
    const words = `type=s3,bucket=words,endpoint_url=${gate.url},use_path_style=true,name=app`
    const run = (on: Workspace, variables: Record<string, string>, ...argv: readonly string[]) => {
      on.write({
        '.aws/credentials': `[ci]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
      })
      const env = { AWS_EC2_METADATA_DISABLED: 'true', ...variables }
      return tsbuild({ ...on, variables: env }, '--progress=plain', ...argv, 'context')
    }
    await one.build({ cacheTo: [{ ...place, names: ['app'], required: true, mode: 'max' }] })
    const read = await run(other, { AWS_PROFILE: 'ci' }, '--cache-from', `${words},required=true`)
    expect(read).toMatchObject({ status: 0, stderr: expect.stringContaining('CACHED from s3://words/manifests/app') })
    const none = await run(await machine('c'), {}, '--cache-from', `${words},required=true`)
    expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining('no keys for S3 are found') })
  })
})

describe.skipIf(!hasAmazon)("caches in Amazon's own S3, whose conditions are believed (needs openssl)", () => {
  const machines: Workspace[] = []
  afterAll(() => Promise.all(machines.map((each) => each[Symbol.asyncDispose]())))

  it('of writers that meet one is first, the others add to what it wrote, and nobody looks twice', async () => {
    const contents = ['x', 'y', 'z']
    const amazon = await startAmazon(contents.length)
    const place: S3CachePlace = { type: 's3', ...amazon.place }
    const built = async (b: string, options: Partial<BuildOptions>) => {
      const made = await openWorkspace()
      machines.push(made)
      made.write({ 'context/Dockerfile': dockerfile, 'context/a': 'a', 'context/b': b })
      const env = { ...made.environment.env, ...amazon.env }
      return build({ context: 'context', ...options }, { ...made.environment, env })
    }
    await Promise.all(contents.map((b) => built(b, { cacheTo: [{ ...place, mode: 'max', required: true }] })))
    const asked = amazon.log.filter((line) => line.includes(' manifests/tsbuild '))
    const answers = asked.filter((line) => line.startsWith('PUT')).map((line) => Number(line.split(' ')[2]))
    expect(answers.slice(0, 3).toSorted()).toEqual([200, expect.toBeOneOf([409, 412]), expect.toBeOneOf([409, 412])])
    expect(answers.filter((status) => status === 200)).toHaveLength(3)
    // Each look is followed by a write.
    expect(asked.filter((line) => line.startsWith('GET'))).toHaveLength(answers.length)
    for (const b of contents) {
      const { steps } = await built(b, { cacheFrom: [{ ...place, required: true }] })
      expect({ b, steps }).toEqual({ b, steps: { total: steps.total, cached: steps.total } })
    }
  })

  it.skipIf(getuid?.() !== 0 || !hasBusyboxBase)('caches of RUN go along (root, busybox)', async () => {
    const amazon = await startAmazon(1)
    const place: S3CachePlace = { type: 's3', ...amazon.place }
    const to = { ...place, mounts: ['npm'], required: true } as const
    const found = async (options: Partial<BuildOptions>) => {
      const made = await openWorkspace()
      machines.push(made)
      made.write({ 'context/a': 'a' })
      return foundInMount(made, options, amazon.env)
    }
    expect(await found({ cacheTo: [to] })).toBe('')
    expect(await found({ cacheFrom: [place], cacheTo: [to] })).toBe('more\n')
    expect(await found({ cacheFrom: [place] })).toBe('more\nmore\n')
  })
})
