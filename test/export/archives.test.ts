import { createReadStream } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { openArchive, openArchivedImage } from '../../src/archive/index.ts'
import { takeIn } from '../../src/bases/index.ts'
import { type Digest, hexOf, sha256 } from '../../src/digest/index.ts'
import { exportDocker, exportOci, exportOciFolder, exportTar } from '../../src/export/index.ts'
import { mediaTypes, parseReference } from '../../src/image/index.ts'
import { decompress, readTar } from '../../src/tree/index.ts'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { scratch } from '../support/scratch.ts'
import { openWorkshop, type Workshop } from '../support/workshop.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const names = [parseReference('app:1')]
const code = (expected: string) => expect.objectContaining({ code: expected })
const files = [
  ['dir /etc', 'file /etc/a one', 'file /etc/b two'],
  ['file /etc/a three', 'gone /etc/b'],
]
const file = (path: string) => ({ kind: 'file', path }) as const

const isRoot = (await stat('/proc/self')).uid === 0
const noSkopeo = hasProgram('skopeo') ? '' : ' (skopeo is not installed)'
const noUmoci = hasProgram('umoci') && isRoot ? '' : ' (umoci is not installed, or we are not root)'

async function exported(workshop: Workshop, path: string) {
  const image = await workshop.image(files)
  await exportOci([{ image, names }], file(path), workshop.exportPorts)
  return image
}

/** As many bytes, with one that is another. */
async function flip(path: string): Promise<void> {
  const bytes = await readFile(path)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
  await chmod(path, 0o600)
  await writeFile(path, bytes)
  await chmod(path, 0o400)
}

const membersOf = async (bytes: AsyncIterable<Uint8Array>) => {
  const found: string[] = []
  for await (const { entry } of readTar(bytes, 'layer')) found.push(`${entry.kind} ${entry.path}`)
  return found
}

describe('exportOci', () => {
  it('writes layers as gzip, each what its diff id names', async () => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'app.tar')
    const image = await exported(workshop, path)
    const [found] = await openArchive(path, amd64, workshop.store.temporary)
    if (!found) throw new Error('no image')
    expect(found.names.map(({ normal }) => normal)).toEqual(['docker.io/library/app:1'])
    expect(found.configBytes).toEqual(Buffer.from(image.configBytes))
    for (const [i, layer] of found.manifest.layers.entries()) {
      expect(layer.mediaType).toBe(mediaTypes.layerGzip)
      const plain = await buffer(decompress(found.layer(layer)))
      expect(sha256(plain)).toBe(image.config.rootfs.diff_ids[i])
    }
  })

  it('writes equal images as equal bytes', async () => {
    await using one = await openWorkshop()
    await using two = await openWorkshop()
    const folder = await scratch()
    await exported(one, join(folder, '1.tar'))
    await exported(two, join(folder, '2.tar'))
    expect(await readFile(join(folder, '1.tar'))).toEqual(await readFile(join(folder, '2.tar')))
  })

  it.each(['zstd', 'none'] as const)('writes layers as %s when asked to', async (compression) => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'app.tar')
    await exportOci([{ image: await workshop.image(files), names }], file(path), workshop.exportPorts, compression)
    const [found] = await openArchive(path, amd64, workshop.store.temporary)
    const type = compression === 'zstd' ? mediaTypes.layerZstd : mediaTypes.layerTar
    expect(found?.manifest.layers.map(({ mediaType }) => mediaType)).toEqual([type, type])
  })

  it.runIf(hasBusybox)('keeps the blobs of a base as they are', async () => {
    await using workshop = await openWorkshop()
    const { store, cache } = workshop
    const base = await openArchivedImage({ kind: 'oci-archive', path: busyboxArchive }, amd64, store.temporary)
    const layers = []
    for (const [i, descriptor] of base.manifest.layers.entries()) {
      await store.blobs.write(base.layer(descriptor), descriptor)
      layers.push(cache.layers.fromDescriptor(descriptor, base.config.rootfs.diff_ids[i] as Digest))
    }
    const path = join(await scratch(), 'busybox.tar')
    const { config, configBytes } = base
    await exportOci(
      [{ image: { config, configBytes, id: sha256(configBytes), layers }, names: [] }],
      file(path),
      workshop.exportPorts,
    )
    const [found] = await openArchive(path, amd64, store.temporary)
    expect(found?.manifest.layers).toEqual(base.manifest.layers)
  })

  it.each(['gzip', 'zstd'] as const)('compresses a layer once for all exports of it (%s)', async (compression) => {
    await using workshop = await openWorkshop()
    const image = await workshop.image(files)
    const folder = await scratch()
    const worked: string[] = []
    const ports = {
      ...workshop.exportPorts,
      packed: workshop.cache.packed,
      report: (label: string) => void worked.push(label),
    }
    await exportOci([{ image, names }], file(join(folder, '1.tar')), ports, compression)
    expect(new Set(worked).size).toBe(2)
    worked.length = 0
    await exportOci([{ image, names }], file(join(folder, '2.tar')), ports, compression)
    await exportOciFolder([{ image, names }], join(folder, 'layout'), ports, compression)
    expect(worked).toEqual([])
    expect(await readFile(join(folder, '1.tar'))).toEqual(await readFile(join(folder, '2.tar')))
  })

  it('compresses a layer again whose kept bytes are damaged', async () => {
    await using workshop = await openWorkshop()
    const image = await workshop.image(files)
    const folder = await scratch()
    const ports = { ...workshop.exportPorts, packed: workshop.cache.packed }
    await exportOci([{ image, names }], file(join(folder, '1.tar')), ports)
    const kept = join(workshop.store.root, 'cache/packed')
    for (const name of await readdir(kept)) await writeFile(join(kept, name), 'CANARY')
    await exportOci([{ image, names }], file(join(folder, '2.tar')), ports)
    expect(await readFile(join(folder, '1.tar'))).toEqual(await readFile(join(folder, '2.tar')))
  })

  it('compresses nothing that is not the layer any more', async () => {
    await using workshop = await openWorkshop()
    const image = await workshop.image(files)
    const [layer] = image.layers
    if (!layer) throw new Error('no layer')
    const path = workshop.store.blobs.path(await layer.diffId())
    const bytes = await readFile(path)
    bytes[600] = 7
    await chmod(path, 0o600)
    await writeFile(path, bytes)
    const ports = { ...workshop.exportPorts, packed: workshop.cache.packed }
    const target = join(await scratch(), 'app.tar')
    await expect(exportOci([{ image, names }], file(target), ports)).rejects.toEqual(code('TSB_DIGEST_MISMATCH'))
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(readdir(join(workshop.store.root, 'cache/packed'))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.each(['none', 'gzip'] as const)('lets no layer out that is not what its digest says (%s)', async (compression) => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'app.tar')
    await exported(workshop, path)
    await using other = await openWorkshop()
    const [found] = await openArchive(path, amd64, other.store.temporary)
    if (!found) throw new Error('no image')
    await takeIn(other.store, found, other.cache.wholeBlobs)
    const image = await other.store.images.open(found.descriptor, other.cache.layers.fromDescriptor)
    const [layer] = found.manifest.layers
    if (!layer) throw new Error('no layer')
    await flip(other.store.blobs.path(layer.digest))
    const folder = await scratch()
    const [target, into, ports] = [join(folder, 'app.tar'), join(folder, 'layout'), other.exportPorts]
    const refused = expect.objectContaining({ code: 'TSB_DIGEST_MISMATCH' })
    await expect(exportOci([{ image, names }], file(target), ports, compression)).rejects.toEqual(refused)
    await expect(exportDocker([{ image, names }], file(target), ports)).rejects.toEqual(refused)
    await expect(exportOciFolder([{ image, names }], into, ports, compression)).rejects.toEqual(refused)
    expect(await readdir(folder)).toEqual(['layout'])
    expect(await readdir(into)).toEqual(['blobs', 'oci-layout'])
    expect(await readdir(join(into, 'blobs/sha256'))).not.toContain(hexOf(layer.digest))
  })

  it('writes to a stream and leaves it open', async () => {
    await using workshop = await openWorkshop()
    const stream = new PassThrough()
    const taken = buffer(stream)
    await exportOci([{ image: await workshop.image([]), names }], { kind: 'stream', stream }, workshop.exportPorts)
    expect(stream.writableEnded).toBe(false)
    stream.end()
    expect((await taken).includes('oci-layout')).toBe(true)
  })

  it('I05 replaces a link and leaves its target', async () => {
    await using workshop = await openWorkshop()
    const folder = await scratch()
    await writeFile(join(folder, 'canary'), 'CANARY')
    await symlink('canary', join(folder, 'app.tar'))
    await exported(workshop, join(folder, 'app.tar'))
    expect(await readFile(join(folder, 'canary'), 'utf8')).toBe('CANARY')
    expect(await readdir(folder)).toEqual(['app.tar', 'canary'])
  })

  it('writes through a device instead of replacing it', async () => {
    await using workshop = await openWorkshop()
    const before = await stat('/dev/null')
    await exported(workshop, '/dev/null')
    expect((await stat('/dev/null')).ino).toBe(before.ino)
  })

  it('says when the disk is full', async () => {
    await using workshop = await openWorkshop()
    await expect(exported(workshop, '/dev/full')).rejects.toThrow(code('TSB_DISK_FULL'))
  })

  it('says when nobody reads the stream, and gives the reason of an abort', async () => {
    await using workshop = await openWorkshop()
    const image = await workshop.image([])
    const stream = new PassThrough()
    stream.destroy()
    const written = exportOci([{ image, names }], { kind: 'stream', stream }, workshop.exportPorts)
    await expect(written).rejects.toThrow(code('TSB_EXPORT_WRITE'))
    const ports = { ...workshop.exportPorts, signal: AbortSignal.abort(new Error('enough')) }
    const aborted = exportOci([{ image, names }], { kind: 'stream', stream: new PassThrough() }, ports)
    await expect(aborted).rejects.toThrow('enough')
  })

  it('leaves nothing behind when it fails or is aborted', async () => {
    await using workshop = await openWorkshop()
    const folder = await scratch()
    const image = await workshop.image(files)
    const ports = { ...workshop.exportPorts, signal: AbortSignal.abort(new Error('enough')) }
    await expect(exportOci([{ image, names }], file(join(folder, 'app.tar')), ports)).rejects.toThrow('enough')
    const broken = { ...workshop.exportPorts, blobFile: async () => join(folder, 'nothing') }
    await expect(exportOci([{ image, names }], file(join(folder, 'app.tar')), broken)).rejects.toThrow()
    expect(await readdir(folder)).toEqual([])
  })

  it('names what is wrong with its place', async () => {
    await using workshop = await openWorkshop()
    const folder = await scratch()
    await expect(exported(workshop, folder)).rejects.toThrow(code('TSB_EXPORT_DEST'))
    await expect(exported(workshop, join(folder, 'no/app.tar'))).rejects.toThrow(code('TSB_EXPORT_WRITE'))
  })

  it.skipIf(!hasProgram('skopeo'))(`is read by skopeo${noSkopeo}`, async () => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'app.tar')
    const image = await exported(workshop, path)
    const found = JSON.parse(runProgram('skopeo', 'inspect', '--config', `oci-archive:${path}:1`))
    expect(found.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids)
    runProgram('skopeo', 'copy', '--insecure-policy', `oci-archive:${path}:1`, `dir:${await scratch()}`)
  })
})

describe('exportOciFolder', () => {
  it('makes a layout, and adds to one', async () => {
    await using workshop = await openWorkshop()
    const folder = join(await scratch(), 'layout')
    const [one, two] = [await workshop.image(files), await workshop.image([['file /x']])]
    await exportOciFolder([{ image: one, names }], folder, workshop.exportPorts)
    await exportOciFolder([{ image: two, names: [parseReference('app:2')] }], folder, workshop.exportPorts)
    const open = (tag: string) =>
      openArchivedImage({ kind: 'oci-layout', path: folder, tag }, amd64, workshop.store.temporary)
    expect((await open('1')).configBytes).toEqual(Buffer.from(one.configBytes))
    expect((await open('2')).configBytes).toEqual(Buffer.from(two.configBytes))
    await exportOciFolder([{ image: two, names }], folder, workshop.exportPorts)
    expect((await open('1')).configBytes).toEqual(Buffer.from(two.configBytes))
  })

  it('refuses a directory with other things in it', async () => {
    await using workshop = await openWorkshop()
    const folder = await scratch()
    await writeFile(join(folder, 'thesis.txt'), 'x')
    const written = exportOciFolder([{ image: await workshop.image([]), names }], folder, workshop.exportPorts)
    await expect(written).rejects.toThrow(code('TSB_EXPORT_REFUSED'))
    expect(await readdir(folder)).toEqual(['thesis.txt'])
  })

  it('I01 refuses a link in the way', async () => {
    await using workshop = await openWorkshop()
    const [folder, elsewhere] = [await scratch(), await scratch()]
    await writeFile(join(folder, 'oci-layout'), '')
    await symlink(elsewhere, join(folder, 'blobs'))
    const written = exportOciFolder([{ image: await workshop.image([]), names }], folder, workshop.exportPorts)
    await expect(written).rejects.toThrow(code('TSB_EXPORT_LINK'))
    expect(await readdir(elsewhere)).toEqual([])
  })

  it.skipIf(noUmoci !== '')(`is unpacked by umoci${noUmoci}`, async () => {
    await using workshop = await openWorkshop()
    const folder = await scratch()
    await exportOciFolder([{ image: await workshop.image(files), names }], join(folder, 'layout'), workshop.exportPorts)
    runProgram('umoci', 'unpack', '--image', `${folder}/layout:1`, join(folder, 'bundle'))
    expect(await readdir(join(folder, 'bundle/rootfs/etc'))).toEqual(['a'])
    expect(await readFile(join(folder, 'bundle/rootfs/etc/a'), 'utf8')).toBe('three')
  })
})

describe('exportDocker', () => {
  it.skipIf(!hasProgram('skopeo'))(`is read as a docker archive and as an OCI one${noSkopeo}`, async () => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'app.tar')
    const image = await workshop.image(files)
    await exportDocker(
      [{ image, names: [...names, parseReference('ghcr.io/o/app')] }],
      file(path),
      workshop.exportPorts,
    )
    for (const source of [`docker-archive:${path}`, `docker-archive:${path}:app:1`, `oci-archive:${path}:latest`]) {
      const found = JSON.parse(runProgram('skopeo', 'inspect', '--config', source))
      expect(found.rootfs.diff_ids).toEqual(image.config.rootfs.diff_ids)
    }
    const index = runProgram('tar', 'xOf', path, 'manifest.json')
    expect(JSON.parse(index)).toEqual([
      {
        Config: `blobs/sha256/${hexOf(image.id)}`,
        RepoTags: ['app:1', 'ghcr.io/o/app:latest'],
        Layers: [expect.stringMatching(/^blobs\/sha256\//), expect.stringMatching(/^blobs\/sha256\//)],
      },
    ])
  })
})

describe('several images in one archive', () => {
  it('share their layers, and come back with their names', async () => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'both.tar')
    const images = [
      { image: await workshop.image(files), names },
      { image: await workshop.image([...files, ['file /more']]), names: [parseReference('other:1')] },
    ]
    await exportDocker(images, file(path), workshop.exportPorts)
    const found = await openArchive(path, amd64, workshop.store.temporary)
    expect(found.map((image) => image.names.map(({ familiar }) => familiar))).toEqual([['app:1'], ['other:1']])
    const blobs = (await membersOf(createReadStream(path))).filter((line) => line.startsWith('file blobs/'))
    expect(blobs).toHaveLength(2 + 2 + 3)
  })
})

describe('exportTar', () => {
  it('writes the files as all layers together give them', async () => {
    await using workshop = await openWorkshop()
    const path = join(await scratch(), 'rootfs.tar')
    await exportTar(await workshop.image([...files, ['link /l -> etc', 'fifo /p']]), file(path))
    expect(await membersOf(createReadStream(path))).toEqual(['directory etc', 'file etc/a', 'symlink l', 'fifo p'])
  })

  it.skipIf(isRoot)('names a directory that it may not write to', async () => {
    await using workshop = await openWorkshop()
    const folder = join(await scratch(), 'closed')
    await mkdir(folder)
    await chmod(folder, 0o500)
    const written = exportTar(await workshop.image([]), file(join(folder, 'x.tar')))
    await expect(written).rejects.toThrow(code('TSB_EXPORT_WRITE'))
  })
})
