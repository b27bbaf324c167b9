import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCache } from '../../src/cache/index.ts'
import { hexOf, sha256 } from '../../src/digest/index.ts'
import { openStore } from '../../src/store/index.ts'
import { scratch } from '../support/scratch.ts'

const form = 'gzip-6.1'

async function kept(text = 'compressed') {
  const store = await openStore(await scratch(), { now: Date.now })
  const { packed } = await openCache(store, { now: Date.now, overlayXattr: 'user' })
  const { digest: layer } = await store.blobs.write(Buffer.from(`layer of ${text}`))
  const folder = await store.temporary('export')
  const file = join(folder, 'made')
  await writeFile(file, text)
  const known = { digest: sha256(text), size: text.length }
  await packed.keep(layer, form, file, known)
  return { store, packed, layer, folder, file, known, inCache: join(store.root, 'cache/packed', hexOf(known.digest)) }
}

describe('layers that were compressed before', () => {
  it('are found by layer and form, and stay when their first name goes', async () => {
    const { packed, layer, folder, file, known } = await kept()
    await rm(file)
    const target = join(folder, 'found')
    expect(await packed.find(layer, form, target)).toMatchObject(known)
    expect(await readFile(target, 'utf8')).toBe('compressed')
    expect(await packed.find(layer, 'gzip-9.1', join(folder, 'other'))).toBeUndefined()
    expect(await packed.find(sha256('other'), form, join(folder, 'other'))).toBeUndefined()
  })

  it('may be deleted while one is used', async () => {
    const { store, packed, layer, folder } = await kept()
    await packed.find(layer, form, join(folder, 'found'))
    await rm(join(store.root, 'cache'), { recursive: true })
    expect(await readFile(join(folder, 'found'), 'utf8')).toBe('compressed')
    expect(await packed.find(layer, form, join(folder, 'again'))).toBeUndefined()
  })

  it.each([
    ['other bytes', (file: string) => writeFile(file, 'Compressed'), false],
    ['fewer bytes', (file: string) => truncate(file, 3), undefined],
  ])('are forgotten when they have %s, and can be kept again', async (_, damage, isWhole) => {
    const { packed, layer, folder, file, known, inCache } = await kept()
    await rm(file)
    await damage(inCache)
    const damaged = await packed.find(layer, form, join(folder, 'found'))
    expect(await damaged?.isWhole()).toBe(isWhole)
    expect(await packed.find(layer, form, join(folder, 'other'))).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
    await writeFile(file, 'compressed')
    await packed.keep(layer, form, file, known)
    const again = await packed.find(layer, form, join(folder, 'found'))
    expect(again).toMatchObject(known)
    expect(await again?.isWhole()).toBe(true)
  })

  it('are forgotten when a record was changed', async () => {
    const { store, packed, layer, folder } = await kept()
    for (const name of await readdir(join(store.root, 'cache/packs'), { recursive: true })) {
      const path = join(store.root, 'cache/packs', name)
      if (name.includes('/')) await writeFile(path, (await readFile(path, 'utf8')).replace('"size":10', '"size":11'))
    }
    expect(await packed.find(layer, form, join(folder, 'found'))).toBeUndefined()
  })

  it('go when their layer has gone and another one is kept', async () => {
    const { store, packed, layer, folder, inCache } = await kept()
    await rm(store.blobs.path(layer))
    const { digest: other } = await store.blobs.write(Buffer.from('another layer'))
    await writeFile(join(folder, 'second'), 'second')
    await packed.keep(other, form, join(folder, 'second'), { digest: sha256('second'), size: 6 })
    expect(await readdir(join(store.root, 'cache/packed'))).toEqual([hexOf(sha256('second'))])
    await expect(readFile(inCache)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
