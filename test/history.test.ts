import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TsbuildError } from '../src/errors.ts'
import { exportOci } from '../src/export/index.ts'
import { type HistoryPorts, history } from '../src/history.ts'
import { defaultPatience } from '../src/http/index.ts'
import { parseReference } from '../src/image/index.ts'
import { openRegistry } from '../src/registry/index.ts'
import { contentsOf, fakeImage, serve } from './support/fake-image.ts'
import { startServer } from './support/http-server.ts'
import { scratch } from './support/scratch.ts'
import { openWorkshop, type Workshop } from './support/workshop.ts'

const portsOf = ({ store, cache }: Workshop, more: Partial<HistoryPorts> = {}): HistoryPorts => ({
  store,
  cache,
  registry: async () =>
    openRegistry({ mirrors: new Map(), userAgent: 'tsbuild-test', patience: { ...defaultPatience, attempts: 1 } }),
  platform: { os: 'linux', architecture: 'amd64' },
  platformGiven: false,
  cwd: '/',
  ...more,
})
const noRegistry = async () => {
  throw new Error('a registry was asked')
}
const files = [
  ['dir /a', 'file /a/one 1234567', 'hardlink /a/two = /a/one'],
  ['file /b xyz', 'gone /a'],
]

describe('history', () => {
  it('of an image of the store shows the bytes of its files, newest row first', async () => {
    await using workshop = await openWorkshop()
    const image = await workshop.image(files)
    await workshop.store.images.save(image, ['app'])
    const found = await history('app', portsOf(workshop, { registry: noRegistry }))
    const created = '2024-01-02T03:04:05Z'
    const comment = 'tsbuild.dockerfile.v0'
    expect(found).toEqual({
      compressed: false,
      rows: [
        { id: image.id, created, createdBy: 'COPY 2', size: 3, comment },
        { created, createdBy: 'COPY 1', size: 7, comment },
      ],
    })
    expect(await history(image.id.slice(7, 19), portsOf(workshop))).toEqual(found)
  })

  it('of an image that is nowhere says so, and names the one of the store that was meant', async () => {
    await using workshop = await openWorkshop()
    await using server = await startServer(serve(new Map()))
    const name = `${server.host}/app`
    await workshop.store.images.save(await workshop.image(files), [name])
    await expect(history(`${server.host}/ap`, portsOf(workshop))).rejects.toMatchObject({
      code: 'TSB_IMAGE_NOT_FOUND',
      message: expect.stringMatching(/^no image .*\/ap in the store, and not found: /),
      hint: `did you mean "${name}"?`,
    })
    const registry = async () => Promise.reject(new TsbuildError('TSB_REGISTRY_UNREACHABLE', 'nobody answers'))
    await expect(history('package.json', portsOf(workshop, { cwd: process.cwd(), registry }))).rejects.toMatchObject({
      message: 'no image package.json in the store, and nobody answers',
      hint: 'for the file write ./package.json',
    })
    await expect(history(`${server.host}/quite/something/else/here`, portsOf(workshop))).rejects.toMatchObject({
      hint: expect.stringMatching(/^tsbuild images lists those of the store; for an image of a registry check /),
    })
  })

  it('of a remote image asks for manifest and config alone, and shows compressed sizes', async () => {
    await using workshop = await openWorkshop()
    const image = fakeImage({
      config: { history: [{ created_by: 'ADD x' }, { created_by: 'CMD', empty_layer: true }] },
    })
    await using server = await startServer(serve(contentsOf('app', '8.0', image)))
    const found = await history(`${server.host}/app:8.0`, portsOf(workshop))
    expect(found.compressed).toBe(true)
    expect(found.rows.map(({ createdBy, size }) => [createdBy, size])).toEqual([
      ['CMD', 0],
      ['ADD x', image.layer.bytes.length],
    ])
    expect(server.requests).toHaveLength(2)
    expect(await workshop.store.images.list()).toEqual([])
  })

  it('of an archive is that of its image', async () => {
    await using workshop = await openWorkshop()
    const folder = await scratch()
    await exportOci(
      [{ image: await workshop.image(files), names: [parseReference('app')] }],
      { kind: 'file', path: join(folder, 'app.tar') },
      workshop.exportPorts,
    )
    const found = await history('oci-archive:app.tar', portsOf(workshop, { registry: noRegistry, cwd: folder }))
    expect(found.rows.map(({ createdBy }) => createdBy)).toEqual(['COPY 2', 'COPY 1'])
    expect(found.compressed).toBe(true)
  })

  it('of an image that is not wholly here shows sizes of one kind', async () => {
    await using workshop = await openWorkshop()
    const image = await workshop.image(files)
    await workshop.store.images.save(image, ['app'])
    const blobs = await Promise.all(image.layers.map((layer) => layer.descriptor()))
    await rm(workshop.store.blobs.path(blobs[0]?.digest ?? image.id))
    const found = await history('app', portsOf(workshop, { registry: noRegistry }))
    expect(found.compressed).toBe(true)
    expect(found.rows.map(({ size }) => size)).toEqual(blobs.map(({ size }) => size).reverse())
  })

  it('E09 of an image whose rows and layers do not fit is shown with a warning', async () => {
    await using workshop = await openWorkshop()
    const image = fakeImage({ config: { history: [{ created_by: 'one' }, { created_by: 'two' }] } })
    await using server = await startServer(serve(contentsOf('app', 'latest', image)))
    const found = await history(`${server.host}/app`, portsOf(workshop))
    expect(found.warning).toMatch(/2 rows with a layer, 1 layer;/)
    expect(found.rows.map(({ size }) => size)).toEqual([0, image.layer.bytes.length])
  })

  it('of an image without history has a row for each layer', async () => {
    await using workshop = await openWorkshop()
    const image = fakeImage({ config: { history: null } })
    await using server = await startServer(serve(contentsOf('app', 'latest', image)))
    const found = await history(`${server.host}/app`, portsOf(workshop))
    expect(found.rows.map(({ createdBy, size }) => [createdBy, size])).toEqual([['', image.layer.bytes.length]])
  })

  it('of an unknown id asks no registry', async () => {
    await using workshop = await openWorkshop()
    await expect(history('a'.repeat(64), portsOf(workshop, { registry: noRegistry }))).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_IMAGE_NOT_FOUND' }),
    )
  })

  it('of an image of the store for another platform than the one named asks the registry', async () => {
    await using workshop = await openWorkshop()
    await workshop.store.images.save(await workshop.image(files, { architecture: 'arm64' }), ['app'])
    expect((await history('app', portsOf(workshop, { registry: noRegistry }))).rows).toHaveLength(2)
    const asked = history('app', portsOf(workshop, { registry: noRegistry, platformGiven: true }))
    await expect(asked).rejects.toThrow('a registry was asked')
  })
})
