import { chmodSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CacheFrom } from '../../src/index.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry } from '../support/docker-registry.ts'
import { startServer } from '../support/http-server.ts'
import { buildOn, hasBlob, type Machines, noticesOf, openMachines, sourcesOf } from '../support/machines.ts'
import { runProgram } from '../support/programs.ts'
import type { Workspace } from '../support/workspace.ts'

const able = getuid?.() === 0 && hasBusyboxBase && hasDockerRegistry

describe.skipIf(!able)(`shared caches (root, busybox; ${noDockerRegistry})`, () => {
  let machines: Machines
  beforeAll(async () => {
    machines = await openMachines()
  })
  afterAll(() => machines[Symbol.asyncDispose]())
  beforeEach(() => {
    machines.proxy.log.length = 0
  })
  const { machine, raw } = {
    machine: (text?: string) => machines.machine(text),
    raw: (ref: string) => machines.raw(ref),
  }
  const registry = (ref: string): CacheFrom & { type: 'registry' } => ({ type: 'registry', ref })

  it('a cold machine gets the same image from the registry, and fetches no layer', async () => {
    const { proxy } = machines
    const [one, other] = [await machine(), await machine()]
    const ref = `${proxy.host}/cold/app:cache`
    const name = `${proxy.host}/cold/app:1`
    const first = await buildOn(one, { tags: [name], cacheTo: [{ ...registry(ref), mode: 'max' }] })
    expect(first.ran).toHaveLength(5)
    expect(noticesOf(first.events)).toBe('')
    proxy.log.length = 0
    const outputs = [{ type: 'registry' }] as const
    const again = await buildOn(other, { tags: [name], outputs, cacheFrom: [registry(ref)] })
    expect(again.ran).toEqual([])
    expect(sourcesOf(again.events)).toEqual([ref])
    expect(again.result.id).toBe(first.result.id)
    const at = (type: string, step: string) =>
      again.events.findIndex((event) => event.type === type && 'step' in event && event.step.startsWith(step))
    const read = at('step:start', 'internal:cache-from')
    expect(read).toBeGreaterThan(-1)
    expect(read, 'while the base is asked for').toBeLessThan(at('step:done', 'internal:metadata'))
    // The records alone: the base is asked of the registry itself, and its layers are mounted.
    expect(machines.fetched()).toHaveLength(1)
    const { layers } = JSON.parse(raw(name)) as { layers: { digest: string }[] }
    for (const { digest } of layers) expect(hasBlob(other, digest)).toBe(false)
    proxy.log.length = 0
    await buildOn(other, { cacheFrom: [registry(ref)] })
    await buildOn(other, { cacheFrom: [registry(ref)], cacheTo: [{ ...registry(ref), mode: 'max' }] })
    expect(proxy.log.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  })

  it('mode=max runs the steps again that an edit reaches, mode=min has the steps of the image alone', async () => {
    const { proxy } = machines
    const [one, edited, least] = [await machine(), await machine(), await machine()]
    const [max, min] = [`${proxy.host}/modes/app:max`, `${proxy.host}/modes/app:min`]
    await buildOn(one, { cacheTo: [{ ...registry(max), mode: 'max' }, registry(min)] })
    edited.write({ 'context/a': 'other' })
    const built = await buildOn(edited, { cacheFrom: [registry(max)] })
    const { stdout } = await tsbuild(edited, 'why')
    expect(stdout).toMatch(/^ {3}miss: a changed$/m)
    expect(stdout, 'there are no files to list').not.toMatch(/^ {5}a changed$/m)
    expect(built.cached).toEqual(['[build 2/4] WORKDIR /src'])
    const reason = { kind: 'changed', changes: [{ kind: 'input', name: 'a', change: 'changed' }] }
    expect(built.events.find((event) => event.type === 'step:miss')).toMatchObject({ reason })
    const again = await buildOn(least, { cacheFrom: [registry(min)] })
    expect(again.ran).toEqual(expect.arrayContaining(['[build 2/4] WORKDIR /src', '[build 3/4] COPY a b /src/']))
  })

  it('a folder holds what the build used and no more, and other clients read it', async () => {
    const [one, other] = [await machine(), await machine()]
    const folder = path.join(one.directory, 'shared')
    const to = [{ type: 'local', path: folder, mode: 'max', compression: 'zstd' }] as const
    const first = await buildOn(one, { cacheTo: to })
    const blobs = () => readdirSync(path.join(folder, 'blobs/sha256'))
    const before = blobs().length
    const outputs = [{ type: 'oci', dest: 'app.tar', tar: true }] as const
    const again = await buildOn(other, { outputs, cacheFrom: [{ type: 'local', path: folder }], cacheTo: to })
    expect(again.ran).toEqual([])
    expect(again.result.id).toBe(first.result.id)
    expect(noticesOf(again.events)).toBe('')
    expect(blobs()).toHaveLength(before)
    one.write({ 'context/a': 'other' })
    await buildOn(one, { cacheTo: to })
    expect(blobs()).toHaveLength(before)
    runProgram('skopeo', 'copy', `oci:${folder}:latest`, `dir:${one.directory}/read`)
  })

  it('an image brings the records of its layers, and has the id that it has without', async () => {
    const { proxy } = machines
    const text = 'FROM base\nCOPY a /\nRUN date +%s%N > /stamp\n'
    const [one, other] = [await machine(text), await machine(text)]
    const name = `${proxy.host}/inline/app:1`
    const outputs = [{ type: 'registry' }] as const
    const plain = await buildOn(one, { tags: [name] })
    const first = await buildOn(one, { tags: [name], outputs, cacheTo: [{ type: 'inline' }] })
    expect(first.result.id).toBe(plain.result.id)
    const inside = { tags: [name], outputs, cacheFrom: [registry(name)], cacheTo: [{ type: 'inline' }] as const }
    const again = await buildOn(other, inside)
    expect(again.ran).toEqual([])
    expect(again.result.manifest.digest).toBe(first.result.manifest.digest)
    expect(sourcesOf(again.events)).toEqual([name])
  })

  it('several sources are asked in their order, and one that is not there is passed over unless it is required', async () => {
    const { host } = machines.proxy
    const [one, other] = [await machine(), await machine()]
    const [a, b] = [`${host}/order/a:cache`, `${host}/order/b:cache`]
    await buildOn(one, { cacheTo: [a, b].map((ref) => ({ ...registry(ref), mode: 'max' }) as const) })
    const none = registry(`${host}/none:x`)
    const { events } = await buildOn(other, { cacheFrom: [none, registry(b), registry(a)] })
    expect(sourcesOf(events)).toEqual([b])
    expect(noticesOf(events)).toMatch(/warning: the cache .*none:x is not used: /)
    other.write({ 'context/a': 'x' })
    const required = buildOn(other, { cacheFrom: [{ ...none, required: true }] })
    await expect(required).rejects.toMatchObject({ code: 'TSB_CACHE_IMPORT', at: undefined })
  })

  it('F07 what --cache-from names stays as it is, and no image is written over', async () => {
    const { host } = machines.proxy
    const [one, pr] = [await machine(), await machine()]
    const [main, own] = [`${host}/scope/app:main`, `${host}/scope/app:pr`]
    await buildOn(one, { cacheTo: [{ ...registry(main), mode: 'max' }] })
    const before = raw(main)
    pr.write({ 'context/b': 'poison' })
    await buildOn(pr, { cacheFrom: [registry(main)], cacheTo: [{ ...registry(own), mode: 'max' }] })
    expect(raw(main)).toBe(before)
    expect(raw(own)).not.toBe(before)
    const image = `${host}/scope/app:1`
    await buildOn(one, { tags: [image], outputs: [{ type: 'registry' }] })
    const kept = raw(image)
    const { events } = await buildOn(one, { cacheTo: [registry(image)] })
    expect(noticesOf(events)).toContain('is an image, and a cache would take its place')
    await expect(buildOn(one, { cacheTo: [{ ...registry(image), required: true }] })).rejects.toMatchObject({
      code: 'TSB_CACHE_EXPORT',
    })
    expect(raw(image)).toBe(kept)
  })

  it('the command line says where a step is from', async () => {
    const [one, other] = [await machine(), await machine()]
    const ref = `${machines.proxy.host}/shown/app:cache`
    const run = (on: Workspace, ...words: readonly string[]) =>
      tsbuild(on, '--progress=plain', '--runtime=native', ...words, 'context')
    expect((await run(one, '--cache-to', `type=registry,ref=${ref},mode=max`)).status).toBe(0)
    const read = await run(other, '--cache-from', ref)
    expect(read.stderr).toContain(`CACHED from ${ref}`)
    expect(read.stderr).toContain(`importing cache from ${ref}`)
    for (const wrong of ['UPPER', `app@sha256:${'0'.repeat(64)}`]) {
      const { status, stderr } = await run(one, '--cache-to', wrong)
      expect({ status, stderr }).toEqual({ status: 125, stderr: expect.stringContaining(wrong) })
    }
  })

  const plainly = (on: Workspace, ...words: readonly string[]) => tsbuild(on, '--progress=plain', ...words, 'context')
  /** What the log says of the end of the reading of a cache. */
  const endOf = (ref: string, log: string) => {
    const [, step = 'none'] = new RegExp(`^#(\\d+) importing cache from ${ref}$`, 'm').exec(log) ?? []
    return new RegExp(`^#${step} (DONE|ERROR|CANCELED)`, 'm').exec(log)?.[1]
  }

  it('a cache that is still being read when the base turns out not to be there is let go', async () => {
    await using silent = await startServer(() => {})
    await using closed = await startServer((_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    })
    const on = await machine(`FROM ${machines.server.host}/none:1\n`)
    // Who asks for a password is not told that nobody wants it any more.
    on.write({
      'bin/docker-credential-slow': '#!/bin/sh\nexec sleep 60\n',
      '.docker/config.json': JSON.stringify({ credHelpers: { [closed.host]: 'slow' } }),
    })
    chmodSync(path.join(on.directory, 'bin/docker-credential-slow'), 0o755)
    const refs = [`${silent.host}/app:cache`, `${closed.host}/app:cache`]
    const from = refs.flatMap((ref) => ['--cache-from', ref])
    const helped = { ...on, path: `${on.directory}/bin:${process.env['PATH']}` }
    const { status, stderr } = await plainly(helped, ...from)
    expect({ status, ends: refs.map((ref) => endOf(ref, stderr)) }).toEqual({
      status: 1,
      ends: ['CANCELED', 'CANCELED'],
    })
    expect(stderr).toContain('/none:1')
  })

  it('a cache that is required and cannot be read is an error of no step, and what is read beside it is let go', async () => {
    await using silent = await startServer(() => {})
    const none = `${machines.server.host}/none:x`
    const other = `${silent.host}/app:cache`
    const from = ['--cache-from', `type=registry,ref=${none},required=true`, '--cache-from', other]
    const { status, stderr } = await plainly(await machine(), ...from)
    expect({ status, ends: [endOf(none, stderr), endOf(other, stderr)] }).toEqual({
      status: 1,
      ends: ['ERROR', 'CANCELED'],
    })
    expect(stderr).toMatch(/^ERROR: .*cannot use the cache .*none:x: .*\[TSB_CACHE_IMPORT\]$/m)
    expect(stderr).toMatch(/^hint: check the name and the tag; or leave required=true out/m)
    expect(stderr.match(/^#\d+ ERROR/gm)).toHaveLength(1)
    expect(stderr).not.toContain('Dockerfile:')
  })

  it('a build whose push fails has written its cache', async () => {
    const ref = `${machines.proxy.host}/unpushed/app:cache`
    await using closed = await startServer((_, response) => void response.writeHead(403).end())
    const words = [
      '--runtime=native',
      '-t',
      `${closed.host}/app:1`,
      '--push',
      '--cache-to',
      `type=registry,ref=${ref},mode=max`,
    ]
    const { status, stderr } = await plainly(await machine(), ...words)
    expect({ status, stderr }).toEqual({ status: 103, stderr: expect.stringContaining('exporting cache to') })
    const again = await buildOn(await machine(), { cacheFrom: [registry(ref)] })
    expect(again.ran).toEqual([])
  })

  it('a layer that is gone when the image is pushed is made again', async () => {
    const { host } = machines.proxy
    const text = 'FROM base\nCOPY a /\nCOPY b /\n'
    const [one, other] = [await machine(text), await machine(text)]
    const ref = `${host}/gone/app:cache`
    await buildOn(one, { cacheTo: [registry(ref)] })
    const [first] = (JSON.parse(raw(ref)) as { layers: { digest: string }[] }).layers
    const blob = `http://${machines.server.host}/v2/gone/app/blobs/${first?.digest}`
    expect((await fetch(blob, { method: 'DELETE' })).status).toBe(202)
    const name = `${host}/elsewhere/app:1`
    const outputs = [{ type: 'registry' }] as const
    const built = await buildOn(other, { tags: [name], outputs, cacheFrom: [registry(ref)], cacheTo: [registry(ref)] })
    expect(built.ran).toHaveLength(1)
    expect(noticesOf(built.events)).toMatch(/has a layer that cannot be used, and the step is run/)
    expect(built.events.filter(({ type }) => type === 'step:error')).toEqual([])
    expect(built.result.steps).toEqual({ total: 2, cached: 1 })
    const [copied] = built.result.build?.steps.filter(({ label }) => label.includes('COPY b')) ?? []
    expect(copied).toMatchObject({ outcome: 'ran', reason: { kind: 'never-built' } })
    expect(copied?.source).toBeUndefined()
    for (const [place, from] of [
      [name, 'image'],
      [ref, 'cache'],
    ] as const) {
      const reference = `docker://${place.replace(host, machines.server.host)}`
      runProgram('skopeo', 'copy', '--src-tls-verify=false', reference, `dir:${one.directory}/${from}`)
    }
  })

  const loseLayers = async (ref: string) => {
    const repository = ref.replace(/^[^/]*\//, '').replace(/:[^:]*$/, '')
    for (const { digest } of (JSON.parse(raw(ref)) as { layers: { digest: string }[] }).layers) {
      await fetch(`http://${machines.server.host}/v2/${repository}/blobs/${digest}`, { method: 'DELETE' })
    }
  }

  it('a step whose layer is gone and that fails now says what it printed', async () => {
    const text = 'FROM base\nRUN --mount=type=secret,id=ok echo out$((1 + 1)); test -e /run/secrets/ok && echo a > /a\n'
    const ref = `${machines.proxy.host}/failing/app:cache`
    const one = await machine(text)
    one.write({ secret: 'a secret' })
    await buildOn(one, { secrets: { ok: { file: 'secret' } }, cacheTo: [registry(ref)] })
    await loseLayers(ref)
    for (const progress of ['plain', 'ordered']) {
      const words = [
        '--push',
        '-t',
        `${machines.server.host}/else/failing`,
        '--progress',
        progress,
        '--cache-from',
        ref,
      ]
      const { status, stderr } = await tsbuild(await machine(text), ...words, 'context')
      expect({ progress, status }).toEqual({ progress, status: 1 })
      const [, number] = /#(\d+) .*RUN --mount/.exec(stderr) ?? []
      expect(stderr).toMatch(new RegExp(`^#${number} \\S+ out2$`, 'm'))
      expect(stderr).toMatch(new RegExp(`^#${number} ERROR: .*exit code: 1`, 'm'))
      expect(stderr.match(/^#\d+ ERROR/gm)).toHaveLength(1)
      expect(stderr).toMatch(/^ > \[2\/2\] RUN/m)
    }
  }, 60_000)

  it('layers that are gone cost one more round, in which what --no-cache-filter ran is not run again', async () => {
    const text =
      'FROM base AS other\nRUN echo noted >> /noted\nFROM base\nCOPY a /a\nCOPY b /b\nCOPY --from=other /noted /\n'
    const ref = `${machines.proxy.host}/filtered/app:cache`
    await buildOn(await machine(text), { cacheTo: [{ ...registry(ref), mode: 'max' }] })
    await loseLayers(ref)
    const options = { tags: [`${machines.server.host}/else/filtered`], outputs: [{ type: 'registry' }] } as const
    const on = await machine(text)
    const built = await buildOn(on, { ...options, cacheFrom: [registry(ref)], noCache: ['other'] })
    expect(built.ran.filter((label) => label.includes('RUN'))).toHaveLength(1)
    expect(built.result.steps).toEqual({ total: 4, cached: 0 })
    const { stdout } = await tsbuild(on, 'builds', 'ls', '--format', '{{.Status}}')
    expect(stdout).toMatch(/^Completed/i)
  })

  it('a required cache that has lost a layer is no failure of the push, wherever that goes', async () => {
    const text = 'FROM base\nCOPY a /a\n'
    const ref = `${machines.server.host}/needed/app:cache`
    await buildOn(await machine(text), { cacheTo: [registry(ref)] })
    await loseLayers(ref)
    for (const name of [`${machines.server.host}/needed/app:1`, `${machines.server.host}/other/app:1`]) {
      const words = ['--push', '-t', name, '--cache-from', `${ref},required=true`, 'context']
      const { status, stderr } = await tsbuild(await machine(text), ...words)
      expect({ name, status }).toEqual({ name, status: 1 })
      expect(stderr).toMatch(/^ERROR: .*cannot use a layer of the cache .* \[TSB_CACHE_IMPORT\]$/m)
      expect(stderr).toContain('hint: it is required: leave required=true out')
    }
  })

  it('a step whose layer is gone is shown as one that runs, with all that it prints', async () => {
    const { host } = machines.proxy
    const text = 'FROM base\nRUN echo made$((1 + 1)) | tee /a\nRUN echo last > /last\n'
    const ref = `${host}/lost/app:cache`
    const cache = ['--cache-from', `type=registry,ref=${ref}`]
    await buildOn(await machine(text), { cacheTo: [{ ...registry(ref), mode: 'max' }] })
    await loseLayers(ref)
    const name = `${machines.server.host}/else/lost`
    for (const progress of ['plain', 'ordered', 'github', 'rawjson']) {
      const words = ['--push', '-t', name, '--progress', progress, ...cache, 'context']
      const { status, stderr } = await tsbuild(await machine(text), ...words)
      expect({ progress, status }).toEqual({ progress, status: 0 })
      if (progress === 'rawjson') {
        const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
        const vertexes = lines.flatMap((line) => JSON.parse(line).vertexes ?? [])
        const last = vertexes.findLast((vertex: { name: string }) => vertex.name.includes('echo made'))
        expect(last).toMatchObject({ completed: expect.any(String), cacheReason: { kind: 'never-built' } })
        expect(last.cached).toBeUndefined()
      } else {
        const [, number] = /#(\d+) .*RUN echo made/.exec(stderr) ?? []
        const said = stderr.split('\n').filter((line) => line.startsWith(`#${number} `))
        expect(said.filter((line) => line.endsWith(' made2'))).toHaveLength(1)
        expect(said.at(-1)).toMatch(/ DONE /)
        expect(stderr).not.toContain('ERROR')
        expect(stderr).not.toMatch(/[12] of 2 steps cached/)
      }
    }
    const required = [{ ...registry(ref), required: true }]
    const outputs = [{ type: 'registry' }] as const
    await expect(buildOn(await machine(text), { cacheFrom: required, outputs, tags: [name] })).rejects.toMatchObject({
      code: 'TSB_CACHE_IMPORT',
      message: expect.stringContaining(`cannot use a layer of the cache ${ref}`),
    })
  }, 60_000)

  it('other clients copy the artifact with its layers', async () => {
    const [one, other] = [await machine(), await machine()]
    const ref = `${machines.server.host}/copied/app:cache`
    await buildOn(one, { cacheTo: [{ ...registry(ref), mode: 'max' }] })
    const copy = path.join(one.directory, 'copy')
    runProgram('skopeo', 'copy', '--src-tls-verify=false', `docker://${ref}`, `oci:${copy}:latest`)
    const { ran } = await buildOn(other, { cacheFrom: [{ type: 'local', path: copy }] })
    expect(ran).toEqual([])
  })
})
