import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BasesOptions, blobFetcher, openBases } from '../../src/bases/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { defaultPatience } from '../../src/http/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { openRegistry } from '../../src/registry/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'
import { blobOf, contentsOf, descriptorOf, type FakeImage, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const image = fakeImage()
const code = (expected: string) => expect.objectContaining({ code: expected })
const registry = async () =>
  openRegistry({ mirrors: new Map(), userAgent: 'tsbuild-test', patience: { ...defaultPatience, attempts: 1 } })

let root = ''
let store: Store
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-bases-'))
  store = await openStore(root, { now: Date.now, fetch: blobFetcher(registry, (prefix) => store.temporary(prefix)) })
})
afterEach(async () => {
  await store.close()
  rmSync(root, { recursive: true })
})
const wholeBlobs = { is: async () => true, note: async () => {} }
const open = (more: Partial<BasesOptions> = {}) =>
  openBases({ store, wholeBlobs, registry, pull: 'missing', cwd: root, ...more })
const noRegistry = async () => {
  throw new Error('a registry was asked')
}

describe('openBases', () => {
  it('pulls manifest and config, and a layer only when it is read', async () => {
    await using server = await startServer(serve(contentsOf('app', '1', image)))
    const bases = open()
    const base = await bases.resolve(`${server.host}/app:1`, amd64)
    expect(base).toEqual({
      image: { name: `${server.host}/app:1`, manifest: sha256(image.manifest.bytes) },
      platform: amd64,
      config: JSON.parse(image.config.bytes.toString()),
    })
    expect(server.requests.map(({ path }) => path)).toHaveLength(2)
    const [layer] = await bases.layersOf(base.image)
    if (!layer) throw new Error('no layer')
    expect(layer.diffId).toBe(sha256(image.layer.bytes))
    expect(await store.blobs.has(layer.descriptor.digest)).toBe(false)
    await store.blobs.obtain(layer.descriptor)
    expect(await store.blobs.read(layer.descriptor.digest, 1 << 20)).toEqual(image.layer.bytes)
  })

  it('asks nobody the second time', async () => {
    await using server = await startServer(serve(contentsOf('app', '1', image)))
    const first = await open().resolve(`${server.host}/app:1`, amd64)
    const second = await open({ registry: noRegistry }).resolve(`${server.host}/app:1`, amd64)
    expect(second).toEqual(first)
    expect((await store.images.list()).map(({ names }) => names)).toEqual([[`${server.host}/app:1`]])
  })

  it('gives names while a build goes on, and says once that it could not', async () => {
    await using server = await startServer(serve(contentsOf('app', '1', image)))
    const bases = open({ remember: 'when-done' })
    await bases.resolve(`${server.host}/app:1`, amd64)
    await bases.named()
    expect((await store.images.list()).map(({ names }) => names)).toEqual([[`${server.host}/app:1`]])
    const tagPulled = () => Promise.reject(new Error('no room'))
    const failing = open({
      pull: 'always',
      remember: 'when-done',
      store: { ...store, images: { ...store.images, tagPulled } },
    })
    await failing.resolve(`${server.host}/app:1`, amd64)
    await expect(failing.named()).rejects.toThrow('no room')
    await failing.named()
  })

  it('moves a name from another image when that is asked for, and gives new ones at once', async () => {
    const moved = fakeImage({ config: { history: [{ created_by: 'ADD y' }] } })
    let [now, asked] = [image, 0]
    await using server = await startServer((request, response) => {
      asked++
      serve(contentsOf('app', '1', now))(request, response)
    })
    const name = `${server.host}/app:1`
    const ids = async () => (await store.images.list()).map(({ manifest }) => manifest.digest)
    const first = open({ remember: 'when-done' })
    await first.resolve(name, amd64)
    await first.settled()
    expect(await ids()).toEqual([sha256(image.manifest.bytes)])
    now = moved
    const bases = open({ remember: 'when-done', pull: 'always' })
    const found = await bases.resolve(name, amd64)
    expect(found.image.manifest).toBe(sha256(moved.manifest.bytes))
    await bases.settled()
    expect(await ids()).toEqual([sha256(image.manifest.bytes)])
    const before = asked
    expect((await open().resolve(name, amd64)).image.manifest).toBe(sha256(image.manifest.bytes))
    expect(asked).toBe(before)
    await bases.named()
    expect(await ids()).toEqual([sha256(moved.manifest.bytes)])
    now = image
    const slow = open({ remember: 'when-done', pull: 'always' })
    await slow.resolve(name, amd64)
    now = fakeImage({ config: { history: [{ created_by: 'ADD z' }] } })
    await open({ pull: 'always' }).resolve(name, amd64)
    await slow.named()
    expect(await ids(), 'somebody has pulled it meanwhile').toEqual([sha256(now.manifest.bytes)])
  })

  it('E24 asks once within a build, and for every build with --pull=always', async () => {
    await using server = await startServer(serve(contentsOf('app', '1', image)))
    for (let build = 0; build < 2; build++) {
      const bases = open({ pull: 'always' })
      await bases.resolve(`${server.host}/app:1`, amd64)
      await bases.resolve(`${server.host}/app:1`, amd64)
    }
    expect(server.requests.filter(({ path }) => path.includes('manifests'))).toHaveLength(2)
  })

  it('asks again for an image that is here for another platform', async () => {
    const arm = fakeImage({ config: { architecture: 'arm64' } })
    await using server = await startServer(serve(contentsOf('app', '1', arm)))
    await open().resolve(`${server.host}/app:1`, amd64)
    await open().resolve(`${server.host}/app:1`, amd64)
    expect(server.requests.filter(({ path }) => path.includes('manifests'))).toHaveLength(2)
    await expect(
      open({ pull: 'never', registry: noRegistry }).resolve(`${server.host}/app:1`, amd64),
    ).resolves.toMatchObject({
      platform: { architecture: 'arm64' },
    })
  })

  describe('an index of a registry', () => {
    const arm64 = { os: 'linux', architecture: 'arm64' }
    const arm = fakeImage({ config: { architecture: 'arm64' } })
    const indexOf = (...images: readonly FakeImage[]) =>
      blobOf({ schemaVersion: 2, manifests: images.map(entryOf) }, mediaTypes.index)
    const entryOf = ({ manifest, config }: FakeImage) => {
      const { os, architecture } = JSON.parse(config.bytes.toString())
      return { ...descriptorOf(manifest), platform: { os, architecture } }
    }
    const contents = new Map([
      ...contentsOf('app', '0', image),
      ...contentsOf('app', '0', arm),
      ['app/manifests/1', indexOf(image, arm)],
    ])

    it('whose documents here are damaged gets its name anew when it is pulled', async () => {
      await using server = await startServer(serve(contents))
      const name = `${server.host}/app:1`
      await Promise.all([amd64, arm64].map((platform) => open().resolve(name, platform)))
      const index = store.blobs.path(sha256(indexOf(image, arm).bytes))
      chmodSync(index, 0o600)
      writeFileSync(index, 'x')
      await expect(open().resolve(name, amd64)).rejects.toEqual(code('TSB_IMAGE_DAMAGED'))
      const bases = open({ pull: 'always', remember: 'when-done' })
      await bases.resolve(name, amd64)
      await bases.settled()
      expect(await open({ registry: noRegistry }).resolve(name, amd64)).toMatchObject({ platform: amd64 })
    })

    it('is none of another image when a build asks for its other platform', async () => {
      await using server = await startServer(serve(contents))
      const name = `${server.host}/app:1`
      await open().resolve(name, amd64)
      const bases = open({ remember: 'when-done' })
      await bases.resolve(name, arm64)
      await bases.settled()
      expect((await store.images.list()).map(({ names, images }) => [names, images?.length])).toEqual([[[name], 2]])
    })

    it('is known by both its images once both were asked for, and then nobody is asked', async () => {
      await using server = await startServer(serve(contents))
      const name = `${server.host}/app:1`
      const bases = open()
      const found = await Promise.all([amd64, arm64].map((platform) => bases.resolve(name, platform)))
      expect(found.map(({ platform }) => platform)).toEqual([amd64, arm64])
      const later = open({ registry: noRegistry })
      expect(await Promise.all([amd64, arm64].map((platform) => later.resolve(name, platform)))).toEqual(found)
      expect((await store.images.list()).map(({ names, images }) => [names, images?.length])).toEqual([[[name], 2]])
      const s390x = { os: 'linux', architecture: 's390x' }
      await expect(open({ pull: 'never', registry: noRegistry }).resolve(name, s390x)).rejects.toMatchObject({
        code: 'TSB_PLATFORM_NOT_FOUND',
        hint: 'it has linux/amd64, linux/arm64',
      })
    })

    it('of which one image was asked for is that image alone', async () => {
      await using server = await startServer(serve(contents))
      const base = await open().resolve(`${server.host}/app:1`, arm64)
      const [listed] = await store.images.list()
      expect([listed?.manifest.digest, listed?.images]).toEqual([base.image.manifest, undefined])
    })

    it('leaves a name that stood for another image to the image that was asked for', async () => {
      await using server = await startServer(serve(new Map([...contents, ['app/manifests/1', indexOf(arm)]])))
      await store.images.tag(descriptorOf(image.manifest), `${server.host}/app:1`)
      await store.blobs.write(image.manifest.bytes)
      await store.blobs.write(image.config.bytes)
      const base = await open({ pull: 'always' }).resolve(`${server.host}/app:1`, arm64)
      expect((await store.images.find(`${server.host}/app:1`))?.manifest.digest).toBe(base.image.manifest)
    })
  })

  it('asks nobody the second time for an image by digest', async () => {
    await using server = await startServer(serve(contentsOf('app', '1', image)))
    const name = `${server.host}/app@${sha256(image.manifest.bytes)}`
    const first = await open().resolve(name, amd64)
    expect(await open({ registry: noRegistry }).resolve(name, amd64)).toEqual(first)
  })

  it('asks nobody for an image that is here and damaged, unless it is to be pulled', async () => {
    await using server = await startServer(serve(contentsOf('app', '1', image)))
    const name = `${server.host}/app:1`
    await open().resolve(name, amd64)
    const config = store.blobs.path(sha256(image.config.bytes))
    chmodSync(config, 0o600)
    writeFileSync(config, 'x')
    const asked = server.requests.length
    await expect(open().resolve(name, amd64)).rejects.toEqual(code('TSB_IMAGE_DAMAGED'))
    expect(server.requests.length).toBe(asked)
    expect(await open({ pull: 'always' }).resolve(name, amd64)).toMatchObject({ platform: amd64 })
    expect(await open().resolve(name, amd64)).toMatchObject({ platform: amd64 })
  })

  it('with --pull=never knows the store alone', async () => {
    const never = open({ pull: 'never', registry: noRegistry })
    await expect(never.resolve('nothing:1', amd64)).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
  })

  it.runIf(hasBusybox)('finds images in archives, layers when they are read', async () => {
    const bases = open({ registry: noRegistry, cwd: join(busyboxArchive, '..') })
    const base = await bases.resolve('oci-archive:busybox.oci.tar', amd64)
    expect(base.image.name).toBe(`oci-archive://${busyboxArchive}`)
    const [layer] = await bases.layersOf(base.image)
    if (!layer) throw new Error('no layer')
    expect(await store.blobs.has(layer.descriptor.digest)).toBe(false)
    await store.blobs.obtain(layer.descriptor)
    expect(await store.blobs.has(layer.descriptor.digest)).toBe(true)
  })
})
