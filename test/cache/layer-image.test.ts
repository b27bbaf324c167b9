import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type CacheOptions, openCache } from '../../src/cache/index.ts'
import { hexOf, sha256 } from '../../src/digest/index.ts'
import { type Layer, mediaTypes } from '../../src/image/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import type { Change } from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'
import { tar } from '../support/tar.ts'
import { change } from '../support/tree.ts'

const never = new AbortController().signal
const isRoot = process.geteuid?.() === 0
const said = ['dir /app', 'file /app/a text', 'gone /old'].map(change)

describe('the lower form of a layer', () => {
  it('is an image with the blob of a layer that was made here, and nothing is unpacked', async () => {
    const { layer, store } = await make()
    const lower = await imageOf(layer)
    expect(lower.tar).toBe(store.blobs.path((await layer.descriptor()).digest))
    expect(dirname(dirname(lower.image))).toBe(join(store.root, 'cache', 'erofs'))
    expect(await readdir(join(store.root, 'trees'))).toEqual([])
  })

  it('is an image with the uncompressed tar of a layer that is packed', async () => {
    const plain = tar('f a=1')
    const lower = await imageOf(await packed(await open(), plain))
    expect(await readFile(lower.tar)).toEqual(plain)
    expect((await readFile(lower.image)).includes(hexOf(sha256(plain)))).toBe(true)
  })

  it.each([
    ['changes', (store: Store) => made(store, ['dir[mode=711] /', 'file /a 1'].map(change))],
    ['a tar', (store: Store) => packed(store, tar({ name: './', type: '5', mode: 0o711 }, 'f a=1'))],
  ])('is an image of a layer from %s that says what the root is like', async (_, born) => {
    const { image } = await imageOf(await born(await open()))
    expect((await readFile(image)).readUInt16LE(32 * 40 + 4)).toBe(0o40711)
  })

  it.skipIf(!isRoot)('is the directory when there is one already', async () => {
    const { layer } = await make()
    const path = await layer.directory()
    expect(await layer.lower()).toEqual({ kind: 'directory', path })
  })

  it('fails as the directory does for what neither can hold', async () => {
    const { layer } = await make([change(`file /${'n'.repeat(256)}`)])
    await expect(layer.lower()).rejects.toMatchObject({ code: 'TSB_ARCHIVE_NAME' })
  })

  it('is made once, however many ask, and the same bytes each time', async () => {
    const { layer, store } = await make()
    const twin = await afresh(store, layer)
    const found = await Promise.all([layer, twin, layer].map(imageOf))
    expect(new Set(found.map(({ image }) => image)).size).toBe(1)
    const image = found[0]?.image ?? ''
    const bytes = await readFile(image)
    const { ino } = await stat(image)
    expect((await imageOf(await afresh(store, layer))).image).toBe(image)
    expect((await stat(image)).ino).toBe(ino)
    await writeFile(image, '')
    await imageOf(layer)
    expect(await readFile(image)).toEqual(bytes)
  })

  it.each([
    ['was cut off', (image: string) => truncate(image, 100)],
    ['has zeros for bytes', async (image: string) => writeFile(image, Buffer.alloc((await stat(image)).size))],
  ])('is made again when its image %s', async (_, damage) => {
    const { layer, store } = await make()
    const { image } = await imageOf(layer)
    const whole = await readFile(image)
    await damage(image)
    await imageOf(await afresh(store, layer))
    expect(await readFile(image)).toEqual(whole)
  })

  it('has no device nodes where they are not to be made', async () => {
    const null_ = change('char /null 1:3')
    const [made, skipped] = await Promise.all([make([null_], 'make'), make([null_], 'skip')])
    expect((await readFile((await imageOf(made.layer)).image)).includes('null')).toBe(true)
    expect((await readFile((await imageOf(skipped.layer)).image)).includes('null')).toBe(false)
  })
})

async function imageOf(layer: Layer) {
  const lower = await layer.lower()
  if (lower.kind !== 'image') throw new Error('it is a directory')
  return lower
}

async function packed(store: Store, plain: Buffer): Promise<Layer> {
  const { layers } = await cacheOf(store)
  const written = await store.blobs.write(gzipSync(plain))
  return layers.fromDescriptor({ mediaType: mediaTypes.layerGzip, ...written }, sha256(plain))
}

async function made(store: Store, changes: readonly Change[]): Promise<Layer> {
  return (await cacheOf(store)).layers.fromChanges(changes, never)
}

async function make(changes: readonly Change[] = said, devices: NonNullable<CacheOptions['devices']> = 'skip') {
  const store = await open()
  const { layers } = await cacheOf(store, devices)
  return { layer: await layers.fromChanges(changes, never), store }
}

async function afresh(store: Store, layer: Layer): Promise<Layer> {
  const { layers } = await cacheOf(store)
  return layers.fromRecord(await layers.recordOf(layer))
}

function cacheOf(store: Store, devices: NonNullable<CacheOptions['devices']> = 'skip') {
  return openCache(store, { now: Date.now, overlayXattr: 'trusted', devices })
}

async function open(): Promise<Store> {
  return openStore(join(await scratch(), 'store'), { now: Date.now })
}
