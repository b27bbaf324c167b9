import { lstat, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { cacheKey, openCache, repairing } from '../../src/cache/index.ts'
import { DamagedTreeError } from '../../src/cache/repairing.ts'
import { hexOf, sha256 } from '../../src/digest/index.ts'
import { type Layer, mediaTypes } from '../../src/image/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { type Change, readContent, type Tree, treeOfDirectory, treePath, walk } from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'
import { tar } from '../support/tar.ts'
import { change, lines } from '../support/tree.ts'

const never = new AbortController().signal
const isRoot = (await stat('/proc/self')).uid === 0

/** The same files as each form that a layer can be born in. */
const forms: Readonly<Record<string, (store: Store) => Promise<Layer>>> = {
  changes: fromChanges,
  record: async (store) => {
    const { layers } = await cacheOf(store)
    return layers.fromRecord(await layers.recordOf(await layers.fromChanges(said, never)))
  },
  'descriptor of a tar': (store) => stored(store, mediaTypes.layerTar, (bytes) => bytes),
  'descriptor of a gzip': (store) => stored(store, mediaTypes.layerGzip, (bytes) => gzipSync(bytes)),
  'descriptor of a zstd': (store) => stored(store, mediaTypes.layerZstd, (bytes) => zstdCompressSync(bytes)),
}

const said = [
  change('dir /app'),
  change('gone /app/old'),
  change('file[mode=4755,uid=1,gid=2] /app/su text'),
  change('hardlink[mode=4755,uid=1,gid=2] /app/twin = /app/su'),
  change('link /app/l -> ../etc'),
  change('fifo /app/p'),
  change('opaque /var'),
]

const packed = tar(
  'd app/',
  'f app/.wh.old=',
  { name: 'app/su', body: 'text', mode: 0o4755, uid: 1, gid: 2, mtime: 0 },
  { name: 'app/twin', type: '1', link: 'app/su', mode: 0o4755, uid: 1, gid: 2, mtime: 0 },
  's app/l->../etc',
  'p app/p',
  'd var/',
  'f var/.wh..wh..opq=',
)

describe.each(Object.entries(forms))('a layer from %s', (name, born) => {
  it('has a blob with the digest and size of its descriptor', async () => {
    const { layer } = await make(born)
    const descriptor = await layer.descriptor()
    const bytes = await bytesOf(layer.blob())
    expect([sha256(bytes), bytes.length]).toEqual([descriptor.digest, descriptor.size])
    expect(await bytesOf(layer.blob())).toEqual(bytes)
  })

  it('says what it changes as a tree, with digests and bytes', async () => {
    const { layer } = await make(born)
    const tree = await layer.tree()
    expect(lines(tree).map(withoutText).sort()).toEqual(
      said
        .map((entry) => lines([entry])[0] ?? '')
        .map(withoutText)
        .sort(),
    )
    const file = tree.get(treePath('app/su'))
    expect(file).toMatchObject({ kind: 'file', digest: sha256('text') })
    expect(await contentOf(tree, 'app/su')).toBe('text')
  })

  it.skipIf(!isRoot)('becomes a directory for overlayfs, and its tree stays the same', async () => {
    const { layer, store } = await make(born)
    const before = lines(await layer.tree())
    const directory = await layer.directory()
    expect(directory).toBe(await layer.directory())
    expect(join(store.root, 'trees', basename(directory))).toBe(directory)
    const [file, twin] = [await lstat(join(directory, 'app/su')), await lstat(join(directory, 'app/twin'))]
    expect([file.mode & 0o7777, file.uid, file.gid, file.ino]).toEqual([0o4755, 1, 2, twin.ino])
    expect((await lstat(join(directory, 'app/old'))).isCharacterDevice()).toBe(true)
    expect(lines(await (await afresh(store, layer)).tree())).toEqual(before)
  })

  it('makes its forms again when the cache was deleted', async () => {
    const { layer, store } = await make(born)
    const before = lines(await layer.tree())
    await rm(join(store.root, 'cache'), { recursive: true })
    expect(lines(await (await afresh(store, layer)).tree())).toEqual(before)
  })

  it('makes its directory once, however many ask', async () => {
    if (!isRoot) return
    const { layer, store } = await make(born)
    const twin = await afresh(store, layer)
    const found = await Promise.all([layer.directory(), twin.directory(), layer.directory()])
    expect(new Set(found).size, name).toBe(1)
    expect((await readdir(join(store.root, 'trees'))).length).toBe(1)
  })
})

describe('the directory of a layer', () => {
  it.skipIf(!isRoot)('has the device nodes of the layer where they can be made', async () => {
    const store = await open()
    const { layers } = await openCache(store, { now: Date.now, overlayXattr: 'trusted', devices: 'make' })
    const layer = await layers.fromChanges([change('dir /dev'), change('char /dev/null 1:3')], never)
    const node = await lstat(join(await layer.directory(), 'dev/null'))
    expect([node.isCharacterDevice(), node.rdev]).toEqual([true, 0x103])
  })
})

describe('fromChanges', () => {
  it('gives the same layer for the same changes in any order', async () => {
    const { layers } = await cacheOf(await open())
    const [one, two] = [await layers.fromChanges(said, never), await layers.fromChanges([...said].reverse(), never)]
    expect(await layers.recordOf(one)).toEqual(await layers.recordOf(two))
  })

  it('names the content apart from the times', async () => {
    const { layers } = await cacheOf(await open())
    const [one, two] = await Promise.all(
      ['file[mtime=1] /a x', 'file[mtime=2] /a x'].map(async (line) => layers.fromChanges([change(line)], never)),
    )
    expect(await one?.contentId()).toBe(await two?.contentId())
    expect(await one?.diffId()).not.toBe(await two?.diffId())
  })

  it('refuses a file whose bytes are not those its key was made of', async () => {
    const folder = await scratch()
    await writeFile(join(folder, 'f'), 'aaaa')
    const store = await open()
    const cache = await cacheOf(store)
    const file = treeOfDirectory(folder).get(treePath('f'))
    if (file?.kind !== 'file') throw new Error('no file')
    await cache.digests.digest(file)
    const changed: Change = { ...file, digest: sha256('bbbb') }
    await expect(cache.layers.fromChanges([changed], never)).rejects.toMatchObject({ code: 'TSB_FILE_CHANGED' })
    expect(await readdir(join(store.root, 'oci/blobs/sha256'))).toEqual([])
  })

  it('stops when it is aborted, and leaves nothing', async () => {
    const store = await open()
    const { layers } = await cacheOf(store)
    const aborted = AbortSignal.abort(new Error('stopped'))
    await expect(layers.fromChanges(said, aborted)).rejects.toThrow('stopped')
    expect(await readdir(join(store.root, 'oci/blobs/sha256'))).toEqual([])
  })
})

describe('a layer that is like an older one', () => {
  /** A directory of 600 files, all known to the stat index, and the layer that has them. */
  async function olderLayer() {
    const [folder, store] = [await scratch(), await open()]
    for (let at = 0; at < 600; at++) await writeFile(join(folder, `f${at}`), `text ${at}`)
    const cache = await cacheOf(store)
    const files = [...walk(treeOfDirectory(folder))]
    for (const file of files) if (file.kind === 'file') await cache.digests.digest(file)
    const layer = await cache.layers.fromChanges(files, never)
    const older = await cache.layers.recordOf(layer)
    const again = async () => cache.layers.recordOf(await cache.layers.fromChanges(files, never, older))
    return { folder, tar: store.blobs.path(older.diffId), older, again }
  }

  it('takes the bytes of files that are known from its tar, and does not open them', async () => {
    const { folder, older, again } = await olderLayer()
    await rm(folder, { recursive: true })
    expect(await again()).toEqual(older)
  })

  it('does not believe that tar: where it was damaged the files are read', async () => {
    const { tar, older, again } = await olderLayer()
    const bytes = await readFile(tar)
    bytes.fill('x', 512, 516)
    await writeFile(tar, bytes)
    expect(await again()).toEqual(older)
  })

  it('reads the files when that tar is gone, or has become another', async () => {
    for (const harm of [(tar: string) => rm(tar), (tar: string) => truncate(tar, 1000)]) {
      const { tar, older, again } = await olderLayer()
      await harm(tar)
      expect(await again()).toEqual(older)
    }
  })
})

describe('prepare', () => {
  async function prepared() {
    const [folder, store] = [await scratch(), await open()]
    await writeFile(join(folder, 'f'), 'text')
    await utimes(join(folder, 'f'), 1, 1)
    await new Promise((resolve) => setTimeout(resolve, 150))
    const cache = await cacheOf(store)
    const file = treeOfDirectory(folder).get(treePath('f'))
    if (file?.kind !== 'file') throw new Error('no file')
    const layer = await cache.layers.prepare([{ ...file, path: treePath('placed/here') }], never)
    return { folder, store, cache, file, layer, blobs: () => readdir(join(store.root, 'oci/blobs/sha256')) }
  }

  it('tells the digests that were read, by the files as they were before they were placed', async () => {
    const { layer, file } = await prepared()
    expect(layer.digestOf(file)).toBe(sha256('text'))
    expect(layer.digestOf({ ...file, content: { kind: 'bytes', bytes: Buffer.from('text') } })).toBeUndefined()
  })

  it('puts nothing in the store before it is kept, and leaves nothing when it is dropped', async () => {
    const { store, layer, cache, file, blobs } = await prepared()
    expect(await blobs()).toEqual([])
    await layer.drop()
    const left = await readdir(join(store.root, 'tmp'), { recursive: true, withFileTypes: true })
    expect(left.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'))).toEqual([])
    const again = await cache.layers.prepare([{ ...file, path: treePath('placed/here') }], never)
    const kept = await again.keep()
    const same = await cache.layers.fromChanges([{ ...file, path: treePath('placed/here') }], never)
    expect(await cache.layers.recordOf(kept)).toEqual(await cache.layers.recordOf(same))
  })

  it('puts what it learned into the stat index', async () => {
    const { folder, store, cache, file } = await prepared()
    await cache.close()
    await rm(join(folder, 'f'))
    expect(await (await cacheOf(store)).digests.digest(file)).toBe(sha256('text'))
  })
})

describe('fromDescriptor', () => {
  it('names a layer without fetching it, and fetches it when it is read', async () => {
    const blob = gzipSync(packed)
    let fetches = 0
    const store = await open(async function* () {
      fetches += 1
      yield blob
    })
    const descriptor = { mediaType: mediaTypes.layerGzip, digest: sha256(blob), size: blob.length }
    await store.blobs.rememberOrigin(descriptor.digest, { location: 'example.test/a' })
    const layer = (await cacheOf(store)).layers.fromDescriptor(descriptor, sha256(packed))
    expect([await layer.diffId(), await layer.contentId()]).toEqual([sha256(packed), sha256(packed)])
    expect(fetches).toBe(0)
    expect(await contentOf(await layer.tree(), 'app/su')).toBe('text')
    await layer.tree()
    expect(fetches).toBe(1)
  })

  it.each([
    ['a gzip', mediaTypes.layerGzip, gzipSync(packed)],
    ['a tar', mediaTypes.layerTar, packed],
  ])('refuses %s that unpacks to another diff id', async (_, mediaType, blob) => {
    const store = await open()
    const written = await store.blobs.write(blob)
    const { layers } = await cacheOf(store)
    const layer = layers.fromDescriptor({ mediaType, ...written }, sha256('another'))
    await expect(layer.tree()).rejects.toMatchObject({ code: 'TSB_DIFFID_MISMATCH' })
    await expect(layer.directory()).rejects.toMatchObject({ code: 'TSB_DIFFID_MISMATCH' })
    expect(await readdir(join(store.root, 'trees'))).toEqual([])
  })

  it('has blob, tar and index of a layer after one pass over what was fetched', async () => {
    const { store, layer, descriptor } = await remote(gzipSync(packed))
    await layer.tree()
    expect(await store.blobs.has(descriptor.digest, descriptor.size)).toBe(true)
    expect(await readFile(join(store.root, 'cache/tars', hexOf(sha256(packed))))).toEqual(packed)
    expect(await filesBelow(join(store.root, 'cache/layers'))).toHaveLength(1)
  })

  it('E03 shows nothing of a blob whose last byte is another one', async () => {
    const blob = gzipSync(packed)
    const { store, layer } = await remote(blob, Buffer.concat([blob.subarray(0, -1), Buffer.of(7)]))
    await expect(layer.tree()).rejects.toMatchObject({ code: 'TSB_DIGEST_MISMATCH' })
    expect(await filesOf(store)).toEqual([])
  })

  it('E03 shows nothing of a blob with more behind what its descriptor says', async () => {
    const blob = gzipSync(packed)
    const { store, layer } = await remote(blob, Buffer.concat([blob, gzipSync('more')]))
    await expect(layer.tree()).rejects.toMatchObject({ code: 'TSB_BLOB_TOO_LONG' })
    expect(await filesOf(store)).toEqual([])
  })

  it('keeps a blob that came whole, and nothing else of it, when it unpacks to another diff id', async () => {
    const blob = gzipSync(tar('f other=1'))
    const { store, layer, descriptor } = await remote(blob)
    await expect(layer.tree()).rejects.toMatchObject({ code: 'TSB_DIFFID_MISMATCH' })
    expect(await filesOf(store)).toEqual([hexOf(descriptor.digest)])
  })

  it('A29 a layer that grows without measure is given up, and nothing of it is left', async () => {
    const { store, layer } = await remote(gzipSync(Buffer.alloc(70 * 2 ** 20)))
    await expect(layer.tree()).rejects.toMatchObject({ code: 'TSB_ARCHIVE_BOMB' })
    expect(await filesBelow(join(store.root, 'cache'))).toEqual([])
    expect(await filesBelow(join(store.root, 'tmp'))).not.toContainEqual(expect.stringContaining('tar-'))
  })

  it('A32 all members of a gzip are read', async () => {
    const blob = Buffer.concat([gzipSync(packed.subarray(0, 700)), gzipSync(packed.subarray(700))])
    const { layer } = await remote(blob)
    expect(await contentOf(await layer.tree(), 'app/su')).toBe('text')
  })

  it('leaves nothing of a layer that climbs out of its root', async () => {
    const store = await open()
    const bytes = tar('f ok=1', 'f ../../out=x')
    const written = await store.blobs.write(bytes)
    const layer = (await cacheOf(store)).layers.fromDescriptor(
      { mediaType: mediaTypes.layerTar, ...written },
      written.digest,
    )
    await expect(layer.directory()).rejects.toMatchObject({ code: 'TSB_ARCHIVE_ESCAPE' })
    expect(await readdir(join(store.root, 'trees'))).toEqual([])
  })
})

describe('damage', () => {
  it('a tar that was cut is a miss, and is written anew', async () => {
    const store = await open()
    const cache = await cacheOf(store)
    const record = await cache.layers.recordOf(await cache.layers.fromChanges(said, never))
    await truncate(store.blobs.path(record.diffId), 100)
    expect(await store.blobs.has(record.diffId, record.descriptor.size)).toBe(false)
    await cache.layers.fromChanges(said, never)
    expect(await store.blobs.has(record.diffId, record.descriptor.size)).toBe(true)
  })

  it.skipIf(!isRoot)('a blob that was deleted is made again from the directory', async () => {
    const { store, layer } = await make(fromChanges)
    await layer.directory()
    const record = await saved(store, layer)
    await rm(store.blobs.path(record.layer.diffId))
    const cache = await cacheOf(store)
    expect(await cache.records.find(record.key)).toBeDefined()
    expect(await store.blobs.has(record.layer.diffId, record.layer.descriptor.size)).toBe(true)
  })

  it.skipIf(!isRoot)('a directory that has changed is no source for a deleted blob', async () => {
    const { store, layer } = await make(fromChanges)
    const directory = await layer.directory()
    const record = await saved(store, layer)
    await rm(store.blobs.path(record.layer.diffId))
    await writeFile(join(directory, 'app/su'), 'TEXT')
    expect(await (await cacheOf(store)).records.find(record.key)).toBeUndefined()
    expect(await readdir(join(store.root, 'trees'))).toEqual([])
  })

  it('an index that was changed is read from the tar again', async () => {
    const { store, layer } = await make(fromChanges)
    const before = lines(await layer.tree())
    await changeIndexes(store)
    expect(lines(await (await afresh(store, layer)).tree())).toEqual(before)
  })

  it('an index that is found changed while it is looked into is made again, and the work begins anew', async () => {
    const { store, layer } = await make(fromChanges)
    const before = lines(await layer.tree())
    await changeIndexes(store)
    const again = await afresh(store, layer)
    const tree = await again.tree('part')
    expect(() => tree.get(treePath('app/su'))).toThrow(DamagedTreeError)
    let times = 0
    const work = async () => {
      times++
      return lines(await again.tree('part'))
    }
    expect(await repairing(work)).toEqual(before)
    expect(times).toBe(2)
    expect(tree.get(treePath('app/su'))).toMatchObject({ digest: sha256('text') })
    expect(lines(await (await afresh(store, layer)).tree('part'))).toEqual(before)
  })

  it('an index that is deleted while it is looked into is made again', async () => {
    const store = await open()
    const { layers } = await cacheOf(store)
    const many = Array.from({ length: 2000 }, (_, index) => change(`file /d/${index} ${index}`))
    const layer = await layers.fromChanges(many, never)
    const tree = await (await afresh(store, layer)).tree('part')
    await rm(join(store.root, 'cache'), { recursive: true })
    expect(await repairing(async () => lines(tree).length)).toBe(2001)
  })

  it('an index of an earlier version is made again', async () => {
    const { store, layer } = await make(fromChanges)
    const before = lines(await layer.tree())
    for (const path of await indexesIn(store)) await writeFile(path, `${sha256('{}')}\n{}\n`)
    expect(lines(await (await afresh(store, layer)).tree('part'))).toEqual(before)
  })
})

async function indexesIn(store: Store): Promise<readonly string[]> {
  const folder = join(store.root, 'cache/layers')
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Changes a name in a way that leaves all else as it is. */
async function changeIndexes(store: Store): Promise<void> {
  for (const path of await indexesIn(store)) {
    const bytes = await readFile(path)
    bytes.write('so', bytes.indexOf('su'))
    await writeFile(path, bytes)
  }
}

async function saved(store: Store, layer: Layer) {
  const cache = await cacheOf(store)
  const components = { definition: { kind: 'run', argv: ['x'] }, inputs: [] }
  const key = cacheKey('1', components)
  const record = {
    key,
    layer: await cache.layers.recordOf(layer),
    created: '2026-01-01T00:00:00Z',
    milliseconds: 1,
    components,
  }
  await cache.records.save(record)
  return record
}

async function fromChanges(store: Store): Promise<Layer> {
  return (await cacheOf(store)).layers.fromChanges(said, never)
}

/** The layer as another process has it. */
async function afresh(store: Store, layer: Layer): Promise<Layer> {
  const { layers } = await cacheOf(store)
  return layers.fromRecord(await layers.recordOf(layer))
}

async function make(born: (store: Store) => Promise<Layer>) {
  const store = await open()
  return { store, layer: await born(store) }
}

async function open(fetch?: () => AsyncIterable<Uint8Array>): Promise<Store> {
  return openStore(await scratch(), { now: Date.now, ...(fetch && { fetch }) })
}

/** A gzip layer whose image says `packed`, and a place that sends these bytes for it. */
async function remote(blob: Buffer, sent: Buffer = blob) {
  const store = await open(async function* () {
    for (let at = 0; at < sent.length; at += 100_000) yield sent.subarray(at, at + 100_000)
  })
  const descriptor = { mediaType: mediaTypes.layerGzip, digest: sha256(blob), size: blob.length }
  await store.blobs.rememberOrigin(descriptor.digest, { location: 'example.test/a' })
  return { store, descriptor, layer: (await cacheOf(store)).layers.fromDescriptor(descriptor, sha256(packed)) }
}

/** What is kept of layers: blobs, tars, indexes. */
async function filesOf({ root }: Store): Promise<readonly string[]> {
  const folders = ['oci/blobs/sha256', 'cache', 'trees'].map((name) => filesBelow(join(root, name)))
  return (await Promise.all(folders)).flat()
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return found.filter((entry) => entry.isFile()).map(({ name, parentPath }) => relative(folder, join(parentPath, name)))
}

function cacheOf(store: Store) {
  return openCache(store, { now: Date.now, overlayXattr: 'trusted' })
}

async function stored(store: Store, mediaType: string, compress: (bytes: Buffer) => Buffer): Promise<Layer> {
  const written = await store.blobs.write(compress(packed))
  return (await cacheOf(store)).layers.fromDescriptor({ mediaType, ...written }, sha256(packed))
}

async function contentOf(tree: Tree, path: string): Promise<string> {
  const file = [...walk(tree)].find((entry) => entry.path === path)
  return file?.kind === 'file' ? text(readContent(file)) : `no file ${path}`
}

async function bytesOf(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

function withoutText(line: string): string {
  return line.replace(/^(file\S* \S+) .*/, '$1')
}
