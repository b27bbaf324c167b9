import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCache } from '../../src/cache/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { exportOci } from '../../src/export/index.ts'
import { mediaTypes, parseReference } from '../../src/image/index.ts'
import { type FetchBlob, openStore } from '../../src/store/index.ts'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { notFound, startServer } from '../support/http-server.ts'
import { amd64, code, collect, open, resolve } from '../support/pulling.ts'
import { scratch } from '../support/scratch.ts'
import { lines as treeLines } from '../support/tree.ts'
import { openWorkshop } from '../support/workshop.ts'

const ready = hasDockerRegistry && hasBusybox
const why = hasDockerRegistry ? 'no busybox archive' : noDockerRegistry

describe.skipIf(!ready)(`pulling from a real registry${ready ? '' : ` (${why})`}`, () => {
  it('gives manifest and config, and the layer when it is read', async () => {
    await using server = await startDockerRegistry()
    server.push(`oci-archive:${busyboxArchive}`, 'library/busybox:latest')
    const registry = open({ mirrors: new Map([['docker.io', [server.host]]]) })

    const image = await registry.resolve(parseReference('busybox'), amd64)
    expect(image.location).toBe('docker.io/library/busybox')
    expect(image.config.config?.Cmd).toEqual(['sh'])
    expect(image.descriptor.digest).toBe(sha256(image.manifestBytes))

    const [layer] = image.manifest.layers
    if (!layer) throw new Error('no layer')
    const bytes = await collect(registry.blob(image.location, layer))
    expect(sha256(bytes)).toBe(layer.digest)
  })

  it('gives layers that are unpacked and listed while they come', async () => {
    await using server = await startDockerRegistry()
    await using workshop = await openWorkshop()
    const lines = [
      ['dir /etc', `file /etc/large ${'text '.repeat(100_000)}`],
      ['file /etc/small hi', 'gone /etc/old'],
    ]
    const made = await workshop.image(lines)
    const archive = join(await scratch(), 'app.tar')
    await exportOci([{ image: made, names: [] }], { kind: 'file', path: archive }, workshop.exportPorts)
    server.push(`oci-archive:${archive}`, 'app:1')

    const registry = open()
    const image = await registry.resolve(parseReference(`${server.host}/app:1`), amd64)
    const fetch: FetchBlob = (descriptor) => registry.blob(image.location, descriptor)
    const store = await openStore(await scratch(), { now: Date.now, fetch })
    const { layers } = await openCache(store, { now: Date.now, overlayXattr: 'user' })
    for (const [i, descriptor] of image.manifest.layers.entries()) {
      await store.blobs.rememberOrigin(descriptor.digest, { location: image.location })
      const diffId = image.config.rootfs.diff_ids[i]
      const [wanted] = made.layers.slice(i)
      if (diffId === undefined || !wanted) throw new Error('no such layer')
      expect(descriptor.mediaType).toBe(mediaTypes.layerGzip)
      const pulled = await layers.fromDescriptor(descriptor, diffId).tree()
      expect(treeLines(pulled)).toEqual(treeLines(await wanted.tree()))
    }
  })

  it('speaks plain HTTP to this machine, by tag and by digest', async () => {
    await using server = await startDockerRegistry()
    server.push(`oci-archive:${busyboxArchive}`, 'busybox:1')
    const byTag = await resolve(`${server.host}/busybox:1`)
    const byDigest = await resolve(`${server.host}/busybox@${byTag.descriptor.digest}`)
    expect(byDigest.manifestBytes).toEqual(byTag.manifestBytes)
  })

  it('says what is not there', async () => {
    await using server = await startDockerRegistry()
    await expect(resolve(`${server.host}/nothing:1`)).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
    await expect(resolve(`${server.host}/nothing:1`)).rejects.toThrow(`${server.host} answers 404`)
  })
})

describe('an image that is not there', () => {
  it.each([
    ['app:1', 'tag'],
    [`app@${sha256(Buffer.from('x'))}`, 'digest'],
  ])('has a hint that fits its name: %s', async (name, what) => {
    await using server = await startServer(notFound)
    await expect(resolve(`${server.host}/${name}`)).rejects.toMatchObject({
      code: 'TSB_IMAGE_NOT_FOUND',
      hint: `check the name and the ${what}`,
    })
  })
})
