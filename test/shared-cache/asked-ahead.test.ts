import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { getuid } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { machinePlatform, parseReference } from '../../src/image/index.ts'
import type { BuildEvent, BuildOptions } from '../../src/index.ts'
import { build } from '../../src/index.ts'
import { askAhead } from '../../src/library/ask-ahead.ts'
import { registryClient } from '../../src/library/registry-client.ts'
import { hasBusyboxBase } from '../support/busybox-base.ts'
import { hasDockerRegistry, noDockerRegistry } from '../support/docker-registry.ts'
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { startServer } from '../support/http-server.ts'
import { buildOn, type Machines, noticesOf, openMachines } from '../support/machines.ts'
import { runProgram } from '../support/programs.ts'

const able = hasBusyboxBase && hasDockerRegistry

describe.skipIf(!able)(`a machine without images (busybox; ${noDockerRegistry})`, () => {
  let machines: Machines
  let proxy: FaultProxy
  let fault: (path: string) => Fault | Promise<void> | undefined
  let cache: string
  const text = (image = 'base:1') => `FROM ${proxy.host}/${image}\nARG A=1\nCOPY a /\nENV A=$A\n`
  const asked = () => proxy.log.map(({ method, path }) => `${method} ${path.replace(/sha256:\w+/, 'DIGEST')}`)
  const manifests = () => asked().filter((line) => line.includes('/manifests/'))

  beforeAll(async () => {
    machines = await openMachines()
    proxy = await startFaultProxy(machines.server.host, (_, path) => fault(path))
    cache = `${proxy.host}/app:cache`
    fault = () => undefined
    await buildOn(await machines.machine(text()), { cacheTo: [{ type: 'registry', ref: cache, mode: 'max' }] })
  })
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]()
    await machines[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    fault = () => undefined
    proxy.log.length = 0
  })
  const cacheFrom = () => [{ type: 'registry', ref: cache }] as const

  it('asks before there is a store, and gives each answer to one who asks in earnest', async () => {
    const { environment } = await machines.machine(text())
    const options = { context: 'context', cacheFrom: cacheFrom() }
    const { client } = await askAhead(registryClient(environment, {}), options, environment)
    await vi.waitFor(() => expect(asked()).toHaveLength(3))
    expect(existsSync(environment.root)).toBe(false)
    const registry = await client.open()
    const image = parseReference(`${proxy.host}/base:1`)
    const platform = machinePlatform(environment.arch)
    await registry.resolve(image, platform)
    expect(asked()).toHaveLength(3)
    await registry.resolve(image, platform)
    expect(asked()).toHaveLength(5)
    await client[Symbol.asyncDispose]()
  })

  it('has files of COPY read meanwhile, where a cache may have what comes of them', async () => {
    const { environment } = await machines.machine(`${text()}COPY $A /\nCOPY --from=${proxy.host}/base:1 bin /x\n`)
    const ahead = async (options: Partial<BuildOptions>) => {
      const found = await askAhead(registryClient(environment, {}), { context: 'context', ...options }, environment)
      await found.client[Symbol.asyncDispose]()
      return found.sources
    }
    expect(await ahead({ cacheFrom: cacheFrom() })).toEqual(['a'])
    expect(await ahead({ cacheFrom: cacheFrom(), platform: ['linux/amd64', 'linux/arm64'] })).toEqual(['a'])
    expect(await ahead({})).toEqual([])
    expect(await ahead({ cacheFrom: cacheFrom(), noCache: true })).toEqual([])
    expect(await ahead({ cacheFrom: cacheFrom(), pull: 'never' })).toEqual([])
  })

  it.each([
    ['before a step begins', 'COPY . /x/\n'],
    ...(getuid?.() === 0 ? [['while a command runs', 'RUN sleep 0.6\nCOPY . /x/\n']] : []),
  ])('takes a context that changes as a build without caches does: %s', async (_, lines) => {
    const machine = await machines.machine(`FROM ${proxy.host}/base:1\n${lines}`)
    machine.write({ 'context/log': 'begin\n', 'context/gone': 'gone' })
    await sleep(150)
    const held = Promise.withResolvers<void>()
    fault = (asked) => (asked.endsWith('/base/manifests/1') ? held.promise : undefined)
    const dest = path.join(machine.directory, 'out')
    const change = () => {
      machine.write({ 'context/log': 'begin\nand more\n', 'context/made': 'made' })
      rmSync(path.join(machine.directory, 'context/gone'))
    }
    const onEvent = (event: BuildEvent) => {
      if (event.type === 'step:start' && event.label.includes('RUN sleep')) setTimeout(change, 100)
    }
    const building = buildOn(machine, { cacheFrom: cacheFrom(), outputs: [{ type: 'local', dest }], onEvent })
    await sleep(300)
    if (lines.startsWith('COPY')) change()
    held.resolve()
    await building
    expect(readFileSync(path.join(dest, 'x/log'), 'utf8')).toBe('begin\nand more\n')
    expect(readdirSync(path.join(dest, 'x')).sort()).toEqual(['Dockerfile', 'a', 'b', 'log', 'made'])
  })

  it('stops asking when the build is over, whatever that waits for', async () => {
    await using cutting = await startServer((request) => request.socket.destroy())
    const ref = `${cutting.host}/app:cache`
    const machine = await machines.machine('FROM scratch\nLABEL a=b\n')
    const told: string[] = []
    const onEvent = (event: BuildEvent) => void (event.type === 'notice' && told.push(event.message))
    const options = { context: 'context', cacheFrom: [{ type: 'registry', ref }], onEvent } as const
    await build(options, machine.environment)
    machine.write({ 'context/Dockerfile': 'FROM scratch\nCOPPY a /\n' })
    await expect(build(options, machine.environment)).rejects.toMatchObject({ code: 'TSB_UNKNOWN_INSTRUCTION' })
    const until = { told: told.length, requests: cutting.requests.length }
    // It would be tried again after half a second.
    await new Promise((done) => setTimeout(done, 800))
    expect({ told: told.length, requests: cutting.requests.length }).toEqual(until)
  })

  it('reads a Dockerfile once that can be read once alone', async () => {
    const machine = await machines.machine(text())
    const pipe = path.join(machine.directory, 'pipe')
    runProgram('mkfifo', pipe)
    const writer = spawn('sh', ['-c', `printf 'FROM scratch\nCOPY a /\n' > ${pipe}`])
    const built = await machine.build({ file: pipe })
    writer.kill()
    expect(built.ran).toHaveLength(1)
    expect(asked()).toEqual([])
    const url = await startServer((_, response) => response.end('FROM scratch\nCOPY b /\n'))
    const fetched = await machine.build({ file: `http://${url.host}/Dockerfile` })
    expect(fetched.ran).toHaveLength(1)
    await url[Symbol.asyncDispose]()
  })

  it('asks for each document once, and the next build for no base', async () => {
    const machine = await machines.machine(text())
    const built = await buildOn(machine, { cacheFrom: cacheFrom() })
    expect(built.ran).toEqual([])
    expect(asked().sort()).toEqual([
      'GET /v2/app/blobs/DIGEST',
      'GET /v2/app/manifests/cache',
      'GET /v2/base/blobs/DIGEST',
      'GET /v2/base/manifests/1',
    ])
    proxy.log.length = 0
    await buildOn(machine, { cacheFrom: cacheFrom() })
    expect(asked().sort()).toEqual(['GET /v2/app/blobs/DIGEST', 'GET /v2/app/manifests/cache'])
  })

  it('asks for what the target needs alone, and for what a named context stands in for', async () => {
    const stages = `FROM ${proxy.host}/no-such:1 AS other\nRUN x\nFROM named\nCOPY a /\n`
    const machine = await machines.machine(stages)
    await buildOn(machine, { contexts: { named: `docker-image://${proxy.host}/base:1` } })
    expect(manifests()).toEqual(['GET /v2/base/manifests/1'])
  })

  it('says once, and where, that a base is not there', async () => {
    const machine = await machines.machine(text('no-such:1'))
    const error = await buildOn(machine, { cacheFrom: cacheFrom() }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND', at: { start: { line: 0 } } })
    expect(manifests().filter((line) => line.includes('no-such'))).toHaveLength(1)
  })

  it('passes over a cache that is not there, and says so once', async () => {
    const machine = await machines.machine(text())
    const ref = `${proxy.host}/app:no-such`
    const built = await buildOn(machine, { cacheFrom: [{ type: 'registry', ref }] })
    expect(noticesOf(built.events).match(/is not used/g)).toHaveLength(1)
    expect(manifests().filter((line) => line.includes('no-such'))).toHaveLength(1)
    const required = [{ type: 'registry', ref, required: true }] as const
    await expect(buildOn(await machines.machine(text()), { cacheFrom: required })).rejects.toMatchObject({
      code: 'TSB_CACHE_IMPORT',
    })
  })

  it('tries again as often as always, and no more', async () => {
    fault = (path) => (path.includes('/base/manifests/') ? 503 : undefined)
    const first = await buildOn(await machines.machine(text())).catch((thrown: unknown) => thrown)
    expect(first).toMatchObject({ code: 'TSB_REGISTRY_STATUS' })
    const tries = manifests().length
    proxy.log.length = 0
    const machine = await machines.machine('FROM scratch\nCOPY a /\n')
    await buildOn(machine)
    machine.write({ 'context/Dockerfile': text() })
    await expect(buildOn(machine)).rejects.toMatchObject({ code: 'TSB_REGISTRY_STATUS' })
    expect(manifests()).toHaveLength(tries)
  }, 60_000)

  it('asks nobody where nothing is to be asked', async () => {
    const never = buildOn(await machines.machine(text()), { pull: 'never', noCache: true, cacheFrom: cacheFrom() })
    await expect(never).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND' })
    await buildOn(await machines.machine('FROM scratch\nCOPY a /\n'))
    const machine = await machines.machine(text())
    await expect(buildOn(machine, { registryAllow: ['elsewhere.test'] })).rejects.toMatchObject({
      code: 'TSB_REGISTRY_NOT_ALLOWED',
    })
    expect(asked()).toEqual([])
  })

  it('leaves what is wrong in the Dockerfile to who reads it in earnest', async () => {
    const machine = await machines.machine(`FROM ${proxy.host}/base:1\nCOPPY a /\n`)
    const wrong = build({ context: 'context', cacheFrom: cacheFrom() }, machine.environment)
    await expect(wrong).rejects.toMatchObject({ code: 'TSB_UNKNOWN_INSTRUCTION', at: { start: { line: 1 } } })
    await expect(buildOn(machine, { file: 'no-such', cacheFrom: cacheFrom() })).rejects.toMatchObject({
      code: 'TSB_DOCKERFILE_NOT_FOUND',
    })
    const untaggable = buildOn(machine, { cacheFrom: [{ type: 'registry', ref: 'Not A Name' }] })
    await expect(untaggable).rejects.toMatchObject({ code: 'TSB_REFERENCE_FORMAT' })
  })
})
