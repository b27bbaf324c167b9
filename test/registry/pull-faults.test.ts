import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { checkStore, openImages, pull, TsbuildError } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { blobOf, contentsOf, descriptorOf, type FakeImage, fakeImage, serve } from '../support/fake-image.ts'
import { seededFaults, startFaultProxy } from '../support/fault-proxy.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { runProgram } from '../support/programs.ts'
import { collect, impatient, open } from '../support/pulling.ts'
import { scratch } from '../support/scratch.ts'
import { openWorkspace } from '../support/workspace.ts'

/** Bytes that a seed gives and nothing packs. */
function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const imageOf = (size: number, seed: number): FakeImage =>
  fakeImage({ layer: blobOf(noise(size, seed), mediaTypes.layerTar) })

/** As `serve`, with parts of blobs, as all registries have them. */
function serveParts(image: FakeImage): Handler {
  const whole = serve(contentsOf('app', '1', image))
  return (request, response) => {
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    if (from === undefined) return whole(request, response)
    const { bytes } = image.layer
    const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`
    response.writeHead(206, { 'content-range': range }).end(bytes.subarray(Number(from)))
  }
}

describe('a pull over a bad network', () => {
  it.each([21, 22, 23, 24, 25, 26])('gives the right bytes, seed %i', async (seed) => {
    const image = imageOf(2_000_000, seed)
    await using server = await startServer(serveParts(image))
    await using proxy = await startFaultProxy(server.host, seededFaults(seed, 60))
    const registry = open({ patience: { ...impatient, attempts: 10, idleMs: 500 } })
    const descriptor = descriptorOf(image.layer)
    expect(await collect(registry.blob(`${proxy.host}/app`, descriptor))).toEqual(image.layer.bytes)
    registry.close()
  })

  it('comes to its end also where each connection breaks, as long as each brings something', async () => {
    const image = imageOf(2_000_000, 1)
    await using server = await startServer(serveParts(image))
    let asked = 0
    await using proxy = await startFaultProxy(server.host, () => (asked++ < 12 ? 'truncate' : undefined))
    const registry = open()
    const descriptor = descriptorOf(image.layer)
    expect(await collect(registry.blob(`${proxy.host}/app`, descriptor))).toEqual(image.layer.bytes)
    expect(proxy.log).toHaveLength(13)
    registry.close()
  })

  it('gets a fresh token when the one it has expires in the middle of a layer', async () => {
    const image = imageOf(300_000, 2)
    const good = serveParts(image)
    let tokens = 0
    await using server = await startServer((request, response) => {
      if (request.url?.startsWith('/token')) return response.end(JSON.stringify({ token: `T${++tokens}` }))
      const wanted = request.headers.range === undefined ? 'Bearer T1' : 'Bearer T2'
      if (request.headers.authorization !== wanted) {
        const challenge = `Bearer realm="http://${request.headers.host}/token",service="x"`
        return response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
      if (wanted === 'Bearer T2') return good(request, response)
      response.writeHead(200, { 'content-length': image.layer.bytes.length })
      return response.write(image.layer.bytes.subarray(0, 100_000), () => response.destroy())
    })
    const registry = open()
    const descriptor = descriptorOf(image.layer)
    expect(await collect(registry.blob(`${server.host}/app`, descriptor))).toEqual(image.layer.bytes)
    expect(tokens).toBe(2)
    registry.close()
  })

  it('that cannot be borne says host, request, status and attempts', async () => {
    await using server = await startServer((_, response) => response.writeHead(503, { 'retry-after': '0' }).end())
    await using workspace = await openWorkspace()
    const ran = await tsbuild(workspace, 'pull', `${server.host}/app:1`)
    expect(ran.status).toBe(1)
    expect(ran.stderr).toContain(`GET app/manifests/1: ${server.host} answers 503, 4 attempts`)
  }, 20_000)

  it.each([31, 32])(
    'leaves the store whole, whether it comes to its end or not, seed %i',
    async (seed) => {
      await using workspace = await openWorkspace()
      const image = imageOf(600_000, seed)
      await using server = await startServer(serveParts(image))
      await using proxy = await startFaultProxy(server.host, seededFaults(seed, 70))
      const pulled = await pull(`${proxy.host}/app:1`, {}, workspace.environment).catch((error: unknown) => error)
      if (pulled instanceof Error) expect(pulled).toBeInstanceOf(TsbuildError)
      else expect(pulled).toMatchObject({ descriptor: { digest: sha256(image.manifest.bytes) } })
      expect(await checkStore({}, workspace.environment)).toMatchObject({ whole: true })
    },
    30_000,
  )
})

describe.skipIf(getuid?.() !== 0)('a pull onto a disk that gets full (needs root, and mounts)', () => {
  it('says so, ends with 102, and leaves a store that is whole, with the image that had the name, and can go on', async () => {
    await using workspace = await openWorkspace()
    const [before, image] = [imageOf(10_000, 4), imageOf(3_000_000, 5)]
    let served = serveParts(before)
    await using server = await startServer((...asked) => served(...asked))
    const disk = join(await scratch(), 'disk')
    mkdirSync(disk)
    runProgram('mount', '-t', 'tmpfs', '-o', 'size=2m', 'tsbuild-test', disk)
    onTestFinished(() => void spawnSync('umount', [disk]))
    const store = { ...workspace.environment, root: join(disk, 'store') }
    const name = `${server.host}/app:1`
    await pull(name, {}, store)
    served = serveParts(image)
    await expect(pull(name, {}, store)).rejects.toMatchObject({ code: 'TSB_DISK_FULL' })
    expect(await tsbuild(workspace, '--root', store.root, 'pull', name)).toMatchObject({ status: 102 })
    const images = await openImages(store)
    const named = (await images.list()).map(({ names, id }) => ({ names, id }))
    await images.close()
    expect(named).toEqual([{ names: [name], id: sha256(before.config.bytes) }])
    expect(await checkStore({}, store)).toMatchObject({ whole: true })
    runProgram('mount', '-o', 'remount,size=16m', disk)
    expect(await pull(name, {}, store)).toMatchObject({ descriptor: { digest: sha256(image.manifest.bytes) } })
    expect(await checkStore({}, store)).toMatchObject({ whole: true })
  }, 30_000)
})
