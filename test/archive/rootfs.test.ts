import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { importRootfs, openArchive } from '../../src/archive/index.ts'
import { takeIn } from '../../src/bases/index.ts'
import { openCache } from '../../src/cache/index.ts'
import { exportDocker } from '../../src/export/index.ts'
import { parseReference } from '../../src/image/index.ts'
import { scratch } from '../support/scratch.ts'
import { inPieces, tar } from '../support/tar.ts'
import { lines } from '../support/tree.ts'
import { openWorkshop, type Workshop } from '../support/workshop.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const created = '2024-01-02T03:04:05Z'
const code = (expected: string) => expect.objectContaining({ code: expected })
const rootfs = tar('d bin/', 'f bin/sh=x', 's l->bin')

const imported = ({ store, cache }: Workshop, bytes: Uint8Array) =>
  importRootfs(
    inPieces(bytes),
    { write: (each) => store.blobs.write(each), layer: cache.layers.fromDescriptor },
    { platform: amd64, created },
  )

/** An image of one layer in an archive of docker's form, as a workshop reads it. */
async function archivedIn(workshop: Workshop) {
  await using maker = await openWorkshop()
  const path = join(await scratch(), 'app.tar')
  const image = await maker.image([['file /a x']])
  await exportDocker([{ image, names: [parseReference('app')] }], { kind: 'file', path }, maker.exportPorts)
  const [found] = await openArchive(path, amd64, workshop.store.temporary)
  if (!found) throw new Error('no image')
  return found
}

describe('importRootfs', () => {
  it.each([
    ['plain', rootfs],
    ['compressed', gzipSync(rootfs)],
  ])('makes one layer of a %s tar', async (_, bytes) => {
    await using workshop = await openWorkshop()
    const image = await imported(workshop, bytes)
    expect(image.config).toMatchObject({ ...amd64, created, history: [{ created, comment: 'Imported from -' }] })
    const [layer, ...others] = image.layers
    expect(others).toEqual([])
    expect(layer && lines(await layer.tree()).map((line) => line.split(' ').at(1))).toEqual(['/bin', '/bin/sh', '/l'])
    await workshop.store.images.save(image, ['base:1'])
    expect((await workshop.store.images.find('base:1'))?.id).toBe(image.id)
  })

  it.each(['short', 'long enough for a header '.repeat(50)])('says of a text that it is no tar', async (text) => {
    await using workshop = await openWorkshop()
    await expect(imported(workshop, Buffer.from(text))).rejects.toMatchObject({
      code: 'TSB_ARCHIVE_HEADER',
      message: 'it is not a tar archive',
      hint: 'import takes a tar of a root file system, compressed or not; is this the right file?',
    })
  })

  it.each([
    ['what is no tar', Buffer.from('no tar at all '.repeat(100))],
    ['a tar that is cut short', rootfs.subarray(0, 700)],
    ['a tar that climbs out of its root', tar('f ../../x=1')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', async (_, bytes) => {
    await using workshop = await openWorkshop()
    await expect(imported(workshop, bytes)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^TSB_ARCHIVE_/) }),
    )
  })
})

describe('takeIn', () => {
  it('takes images of an archive into the store, with names and layers', async () => {
    await using one = await openWorkshop()
    await using two = await openWorkshop()
    const path = join(await scratch(), 'app.tar')
    const image = await one.image([['file /a x']])
    const names = [parseReference('app:1'), parseReference('app:2')]
    await exportDocker([{ image, names }], { kind: 'file', path }, one.exportPorts)
    for (const found of await openArchive(path, amd64, two.store.temporary))
      await takeIn(two.store, found, two.cache.wholeBlobs)
    const stored = await two.store.images.find('app:2')
    expect(stored).toMatchObject({ id: image.id, names: ['app:1', 'app:2'] })
    if (!stored) throw new Error('no image')
    const opened = await two.store.images.open(stored.manifest, two.cache.layers.fromDescriptor)
    const [layer] = opened.layers
    expect(layer && lines(await layer.tree())).toHaveLength(1)
  })

  it('puts the good bytes in place of damaged ones of the same size, settled as those were', async () => {
    await using two = await openWorkshop()
    const found = await archivedIn(two)
    const [layer] = found.manifest.layers
    if (!layer) throw new Error('no layer')
    await takeIn(two.store, found, two.cache.wholeBlobs)
    const parts = [layer.digest, found.manifest.config.digest, found.descriptor.digest].map(two.store.blobs.path)
    const good = await Promise.all(parts.map((part) => readFile(part)))
    for (const part of parts) {
      const bytes = await readFile(part)
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      await chmod(part, 0o600)
      await writeFile(part, bytes)
      await chmod(part, 0o400)
    }
    const later = await openCache(two.store, { now: Date.now, overlayXattr: 'user' })
    await takeIn(two.store, found, later.wholeBlobs)
    expect(await Promise.all(parts.map((part) => readFile(part)))).toEqual(good)
    for (const part of parts) expect((await stat(part)).mode & 0o777).toBe(0o400)
    await later.close()
  })

  it('reads no layer again that nobody has touched', async () => {
    await using two = await openWorkshop()
    const found = await archivedIn(two)
    await takeIn(two.store, found, two.cache.wholeBlobs)
    const unread = {
      ...found,
      layer: () => {
        throw new Error('it is read')
      },
    }
    const later = await openCache(two.store, { now: Date.now, overlayXattr: 'user' })
    await takeIn(two.store, unread, later.wholeBlobs)
    await later.close()
  })

  it('takes nothing in whose layer is damaged', async () => {
    await using workshop = await openWorkshop()
    const image = await workshop.image([['file /a x']])
    const path = join(await scratch(), 'app.tar')
    await exportDocker([{ image, names: [parseReference('app')] }], { kind: 'file', path }, workshop.exportPorts)
    const [found] = await openArchive(path, amd64, workshop.store.temporary)
    if (!found) throw new Error('no image')
    await using other = await openWorkshop()
    const damaged = { ...found, layer: () => inPieces(Buffer.alloc(10)) }
    await expect(takeIn(other.store, damaged, other.cache.wholeBlobs)).rejects.toThrow(code('TSB_BLOB_TRUNCATED'))
    expect(await other.store.images.list()).toEqual([])
  })
})
