import { chmod, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Digest, sha256 } from '../../src/digest/index.ts'
import { type Image, type Layer, mediaTypes } from '../../src/image/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { scratch } from '../support/scratch.ts'
import { layerInStore, smallImage } from '../support/small-image.ts'

describe('images', () => {
  it('finds an image by any spelling of its name, its id, or the beginning of that', async () => {
    const store = await open()
    const image = await smallImage(store, 'a')
    const manifest = await store.images.save(image, ['myapp_prod', 'ghcr.io/o/app:1'])
    const hex = image.id.slice('sha256:'.length)
    for (const name of [
      'myapp_prod',
      'myapp_prod:latest',
      'docker.io/library/myapp_prod',
      'ghcr.io/o/app:1',
      image.id,
      hex,
      hex.slice(0, 4),
    ]) {
      expect(await store.images.find(name), name).toMatchObject({
        id: image.id,
        manifest,
        names: ['ghcr.io/o/app:1', 'myapp_prod:latest'],
      })
    }
    for (const name of ['other', 'myapp_prod:1', hex.slice(0, 3), 'Not A Name', '']) {
      expect(await store.images.find(name), name).toBeUndefined()
    }
  })

  it('lists images newest first, with the untagged ones', async () => {
    const store = await open()
    await store.images.save(await smallImage(store, 'old', '2020-01-01T00:00:00Z'), ['old'])
    await store.images.save(await smallImage(store, 'new', '2026-01-01T00:00:00Z'), [])
    await store.images.save(await smallImage(store, 'mid', '2023-01-01T00:00:00Z'), ['mid:1', 'mid:2'])
    expect((await store.images.list()).map(({ names }) => names)).toEqual([[], ['mid:1', 'mid:2'], ['old:latest']])
  })

  it.each(['manifest', 'config'] as const)(
    'never mistakes a name whose %s is damaged for one that it does not have',
    async (part) => {
      const store = await open()
      const image = await smallImage(store, 'a')
      const manifest = await store.images.save(image, ['app:1', 'app:2'])
      const damaged = store.blobs.path(part === 'manifest' ? manifest.digest : image.id)
      await chmod(damaged, 0o600)
      await writeFile(damaged, 'x')
      for (const name of ['app:1', 'docker.io/library/app:1']) {
        await expect(store.images.find(name)).rejects.toMatchObject({ code: 'TSB_IMAGE_DAMAGED' })
      }
      expect([await store.images.list(), await store.images.damaged()]).toEqual([[], ['app:1', 'app:2']])
      expect(await store.images.remove('app:1')).toEqual(['Untagged: app:1'])
      expect(await store.images.find('app:1')).toBeUndefined()
      await store.images.save(image, ['app:2'])
      expect(await store.images.find('app:2')).toMatchObject({ names: ['app:2'] })
      expect(await store.images.damaged()).toEqual([])
    },
  )

  it('refuses to guess between ids that begin alike', async () => {
    const store = await open()
    const image = await smallImage(store, 'a')
    const images = new Map<string, Image>()
    for (let author = 0; ; author++) {
      const configBytes = new TextEncoder().encode(JSON.stringify({ ...image.config, author: `${author}` }))
      const next = { ...image, configBytes, id: sha256(configBytes) }
      const twin = images.get(next.id.slice(7, 11))
      images.set(next.id.slice(7, 11), next)
      if (!twin) continue
      await store.images.save(twin, ['one'])
      await store.images.save(next, ['two'])
      await expect(store.images.find(next.id.slice(7, 11))).rejects.toMatchObject({ code: 'TSB_AMBIGUOUS_ID' })
      return
    }
  })

  it('moves a name, and no longer lists an image that has lost its last one', async () => {
    const store = await open()
    const [one, two] = [await smallImage(store, 'one'), await smallImage(store, 'two')]
    await store.images.save(one, ['app'])
    await store.images.save(two, ['app', 'app:2'])
    expect((await store.images.list()).map(({ id, names }) => [id, names])).toEqual([[two.id, ['app:2', 'app:latest']]])
  })

  it('writes nothing when the image has its names already', async () => {
    const store = await open()
    const image = await smallImage(store, 'a')
    await store.images.save(image, ['app'])
    await store.close()
    const again = await openStore(store.root, { now: Date.now })
    const before = await readFile(join(store.root, 'oci/index.json'), 'utf8')
    await again.images.save(image, ['app'])
    expect(await readFile(join(store.root, 'oci/index.json'), 'utf8')).toBe(before)
    expect(await readdir(join(store.root, 'tmp'))).toEqual([])
  })

  it('opens an image with its checked documents', async () => {
    const store = await open()
    const image = await smallImage(store, 'a')
    const manifest = await store.images.save(image, ['app'])
    const opened = await store.images.open(manifest, (descriptor, diffId) => layerInStore(store, descriptor, diffId))
    expect([opened.id, opened.config]).toEqual([image.id, image.config])
    expect(await opened.layers[0]?.diffId()).toBe(await image.layers[0]?.diffId())
  })

  it('refuses to name an image whose layers are neither here nor to be had', async () => {
    const store = await open()
    const image = await smallImage(store, 'a')
    const [layer] = image.layers
    if (!layer) throw new Error('no layer')
    const gone: Layer = { ...layer, descriptor: async () => ({ mediaType: 'x', digest: sha256('gone'), size: 4 }) }
    const broken: Image = { ...image, layers: [gone] }
    await expect(store.images.save(broken, ['app'])).rejects.toMatchObject({ code: 'TSB_BLOB_MISSING' })
    expect(await store.images.find('app')).toBeUndefined()
    await store.blobs.rememberOrigin(sha256('gone'), { location: 'example.test/a' })
    await store.images.save(broken, ['app'])
    expect(await store.images.find('app')).toBeDefined()
  })

  it('keeps entries that other tools made', async () => {
    const store = await open()
    const foreign = { mediaType: 'application/x', digest: sha256('x'), size: 1, annotations: { 'a.b': 'c' }, extra: 1 }
    await writeFile(join(store.root, 'oci/index.json'), JSON.stringify({ schemaVersion: 2, manifests: [foreign] }))
    await store.images.save(await smallImage(store, 'a'), ['app'])
    expect(JSON.parse(await readFile(join(store.root, 'oci/index.json'), 'utf8')).manifests[0]).toEqual(foreign)
    expect((await store.images.list()).length).toBe(1)
  })

  it.each(['', '{', '[]', '{"manifests":[{"digest":"md5:x"}]}', '{"manifests":{"__proto__":[]}}'])(
    'says so when index.json is damaged: %s',
    async (text) => {
      const store = await open()
      await writeFile(join(store.root, 'oci/index.json'), text)
      await expect(store.images.list()).rejects.toMatchObject({ code: 'TSB_STORE_DAMAGED' })
    },
  )
})

describe('remove', () => {
  it('takes names one by one, and with the last one the image and the blobs that only it used', async () => {
    const store = await open()
    const [one, two] = [await smallImage(store, 'one'), await smallImage(store, 'two')]
    const manifest = await store.images.save(one, ['app', 'app:1'])
    await store.images.save(two, ['other'])
    await age(store)
    expect(await store.images.remove('app')).toEqual(['Untagged: app:latest'])
    expect(await store.images.remove('app:1')).toEqual(['Untagged: app:1', `Deleted: ${one.id}`])
    expect(await store.blobs.has(manifest.digest)).toBe(false)
    expect(await store.blobs.has(one.id)).toBe(false)
    expect(await store.blobs.has(two.id)).toBe(true)
    const hint = 'did you mean "other"?'
    await expect(store.images.remove('othr')).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND', hint })
  })

  it('keeps blobs that another image has, that somebody protects, or that are young', async () => {
    const store = await open()
    const [one, two, three] = [await smallImage(store, 'x'), await smallImage(store, 'y'), await smallImage(store, 'z')]
    const shared: Image = { ...two, layers: one.layers }
    await store.images.save(one, ['one'])
    await store.images.save(shared, ['two'])
    await store.images.save(three, ['three'])
    await age(store)
    await store.images.remove('one')
    expect(await store.blobs.has(await diffOf(one))).toBe(true)
    const kept = await diffOf(three)
    store.protect(async function* () {
      yield kept
    })
    await store.images.remove('three')
    expect([await store.blobs.has(kept), await store.blobs.has(three.id)]).toEqual([true, false])
    const young = await smallImage(store, 'young')
    await store.images.save(young, ['young'])
    await store.images.remove('young')
    expect(await store.blobs.has(young.id)).toBe(true)
  })

  it('keeps blobs while another process works in the store', async () => {
    const store = await open()
    const image = await smallImage(store, 'one')
    await store.images.save(image, ['app'])
    await age(store)
    const other = await openStore(store.root, { now: Date.now })
    await other.temporary('run')
    await store.images.remove('app')
    expect(await store.blobs.has(image.id)).toBe(true)
  })

  it('keeps blobs while somebody else has the store open, also one who has written nothing', async () => {
    const store = await open()
    const [one, two] = [await smallImage(store, 'one'), await smallImage(store, 'two')]
    await store.images.save(one, ['one'])
    await store.images.save(two, ['two'])
    await age(store)
    const other = await openStore(store.root, { now: Date.now })
    await store.images.remove('one')
    expect(await store.blobs.has(one.id)).toBe(true)
    await other.close()
    await store.images.remove('two')
    expect(await store.blobs.has(two.id)).toBe(false)
  })

  it.each(['manifest', 'config'] as const)('removes the name of an image whose %s is gone', async (part) => {
    const store = await open()
    const image = await smallImage(store, 'one')
    const manifest = await store.images.save(image, ['a', 'b'])
    await rm(store.blobs.path(part === 'config' ? image.id : manifest.digest))
    expect(await store.images.remove('a')).toEqual(['Untagged: a:latest'])
    expect(await store.images.remove('b')).toEqual(['Untagged: b:latest'])
    await expect(store.images.remove('b')).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND' })
  })

  it('removes an image by its id only when that is clear', async () => {
    const store = await open()
    const image = await smallImage(store, 'one')
    await store.images.save(image, ['a', 'b'])
    await expect(store.images.remove(image.id)).rejects.toMatchObject({ code: 'TSB_IMAGE_HAS_NAMES' })
    await store.images.remove('a')
    expect(await store.images.remove(image.id)).toEqual(['Untagged: b:latest', `Deleted: ${image.id}`])
  })
})

describe.skipIf(!hasProgram('skopeo'))('skopeo (skipped when it is not installed)', () => {
  it.each(['myapp_prod', 'myapp_prod:latest', 'myapp_debug:1', 'ghcr.io/o/app:2'])('reads oci:…:%s', async (name) => {
    const store = await open()
    const image = await smallImage(store, 'a')
    await store.images.save(image, ['myapp_prod', 'myapp_debug:1', 'ghcr.io/o/app:2'])
    const inspected = JSON.parse(runProgram('skopeo', 'inspect', `oci:${join(store.root, 'oci')}:${name}`))
    expect(inspected).toMatchObject({ Architecture: 'amd64', Layers: [await diffOf(image)] })
  })

  it('puts images in that tsbuild finds', async () => {
    const store = await open()
    await store.images.save(await smallImage(store, 'a'), ['a'])
    const layout = `oci:${join(store.root, 'oci')}`
    runProgram('skopeo', 'copy', '-q', '--insecure-policy', `${layout}:a`, `${layout}:copied`)
    expect((await store.images.find('copied'))?.names).toEqual(['a:latest', 'copied:latest'])
  })
})

async function open(): Promise<Store> {
  return openStore(await scratch(), { now: Date.now })
}

/** Makes all blobs look as if they were of yesterday. */
async function age(store: Store): Promise<void> {
  const folder = join(store.root, 'oci/blobs/sha256')
  const yesterday = Date.now() / 1000 - 86_400
  for (const name of await readdir(folder)) await utimes(join(folder, name), yesterday, yesterday)
}

async function diffOf(image: Image): Promise<Digest> {
  expect((await image.layers[0]?.descriptor())?.mediaType).toBe(mediaTypes.layerTar)
  return (await image.layers[0]?.diffId()) ?? sha256('none')
}
