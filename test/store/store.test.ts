import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { openStore } from '../../src/store/index.ts'
import { scratch } from '../support/scratch.ts'

const now = () => Date.now()

describe('openStore', () => {
  it('makes an OCI image layout that only its owner can look into', async () => {
    const root = join(await scratch(), 'a', 'store')
    const store = await openStore(root, { now })
    expect((await stat(root)).mode & 0o777).toBe(0o700)
    for (const folder of ['oci', 'oci/blobs/sha256', 'trees', 'tmp', 'cache', 'mounts']) {
      expect((await stat(join(root, folder))).mode & 0o777).toBe(0o700)
    }
    expect(JSON.parse(await readFile(join(root, 'oci/oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
    await store.close()
  })

  it('refuses a directory of something else, and puts nothing into it', async () => {
    const root = await scratch()
    await writeFile(join(root, 'package.json'), '{}')
    await expect(openStore(root, { now })).rejects.toMatchObject({
      code: 'TSB_STORE_FOREIGN',
      hint: 'give --root, or TSBUILD_ROOT, an empty or new directory',
    })
    expect(await readdir(root)).toEqual(['package.json'])
  })

  it.each(['oci', 'cache', 'lost+found'])(
    'takes a directory that has %s, as an older store or a fresh disk',
    async (name) => {
      const root = await scratch()
      await mkdir(join(root, name), { mode: 0o700 })
      if (name !== 'lost+found') await writeFile(join(root, 'note'), '')
      await (await openStore(root, { now })).close()
    },
  )

  it('F09: refuses a store that other users may write to', async () => {
    const root = await scratch()
    await openStore(root, { now })
    await chmod(root, 0o777)
    await expect(openStore(root, { now })).rejects.toMatchObject({ code: 'TSB_STORE_UNSAFE' })
    await chmod(root, 0o700)
    await chmod(join(root, 'trees'), 0o770)
    await expect(openStore(root, { now })).rejects.toMatchObject({ code: 'TSB_STORE_UNSAFE' })
  })

  it('F09: refuses a store of somebody else, and a folder of somebody else in it (skipped without root)', async ({
    skip,
  }) => {
    if (getuid?.() !== 0) skip()
    const root = await scratch()
    await openStore(root, { now })
    await chown(join(root, 'oci/blobs'), 1001, 0)
    await expect(openStore(root, { now })).rejects.toMatchObject({
      code: 'TSB_STORE_UNSAFE',
      message: expect.stringContaining('belongs to user 1001'),
    })
    await chown(join(root, 'oci/blobs'), 0, 0)
    await chown(root, 1001, 1001)
    await expect(openStore(root, { now })).rejects.toMatchObject({ code: 'TSB_STORE_UNSAFE' })
  })

  it('of another version is refused, and left as it is; one without a version is of this one', async () => {
    const root = await scratch()
    await openStore(root, { now })
    const file = join(root, 'version')
    expect(await readFile(file, 'utf8')).toBe('1\n')
    await rm(file)
    await openStore(root, { now })
    expect(await readFile(file, 'utf8')).toBe('1\n')
    for (const other of ['2\n', '', 'x'.repeat(10_000)]) {
      await writeFile(file, other)
      await rm(join(root, 'mounts'), { recursive: true, force: true })
      await expect(openStore(root, { now })).rejects.toMatchObject({
        code: 'TSB_STORE_VERSION',
        hint: expect.stringContaining('TSBUILD_ROOT'),
      })
      expect(await readdir(root)).not.toContain('mounts')
    }
  })

  it('F09: refuses a folder of the store that is a link', async () => {
    const root = await scratch()
    await symlink('/var', join(root, 'trees'))
    await expect(openStore(root, { now })).rejects.toMatchObject({ code: 'TSB_STORE_UNSAFE' })
  })
})

describe('temporary', () => {
  it('gives private directories that close removes', async () => {
    const root = await scratch()
    const store = await openStore(root, { now })
    const [one, two] = [await store.temporary('run'), await store.temporary('run')]
    expect(one).not.toBe(two)
    expect((await lstat(one)).mode & 0o777).toBe(0o700)
    await store.close()
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  it('that could not be made is nothing to close, and is tried again', async () => {
    const root = await scratch()
    const store = await openStore(root, { now })
    await rmdir(join(root, 'tmp'))
    await expect(store.temporary('run')).rejects.toMatchObject({ code: 'ENOENT' })
    await store.close()
    await mkdir(join(root, 'tmp'))
    expect((await stat(await store.temporary('run'))).isDirectory()).toBe(true)
    await store.close()
  })

  it('sweeps what is dead, and nothing a living process has', async () => {
    const root = await scratch()
    const living = await openStore(root, { now })
    const kept = await living.temporary('run')
    await mkdir(join(root, 'tmp/dead/deep'), { recursive: true })
    const outside = await scratch()
    await writeFile(join(outside, 'canary'), 'CANARY')
    await symlink(outside, join(root, 'tmp/dead/deep/link'))
    await openStore(root, { now })
    expect((await lstat(kept)).isDirectory()).toBe(true)
    expect(await readFile(join(outside, 'canary'), 'utf8')).toBe('CANARY')
    await expect(lstat(join(root, 'tmp/dead'))).rejects.toMatchObject({ code: 'ENOENT' })
    await living.close()
  })
})

describe('locked', () => {
  it('lets one caller in at a time, in order, also after a failure', async () => {
    const store = await openStore(await scratch(), { now })
    const seen: string[] = []
    const work = (name: string, fails = false) =>
      store.locked('a', async () => {
        seen.push(`${name} in`)
        await new Promise((done) => setTimeout(done, 2))
        seen.push(`${name} out`)
        if (fails) throw new Error('failed')
      })
    const ended = await Promise.allSettled([work('1'), work('2', true), work('3')])
    expect(ended.map((end) => end.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual(['1 in', '1 out', '2 in', '2 out', '3 in', '3 out'])
    expect(await readdir(join(store.root, 'locks'))).toEqual([])
  })

  it('stops waiting when it is aborted', async () => {
    const root = await scratch()
    const [a, b] = [await openStore(root, { now }), await openStore(root, { now })]
    const controller = new AbortController()
    await a.locked('x', async () => {
      const waiting = b.locked('x', async () => 'never', controller.signal)
      controller.abort()
      await expect(waiting).rejects.toThrow(/abort/)
    })
  })
})

describe('blobs', () => {
  it('keeps bytes under their digest, and reads them back', async () => {
    const { blobs } = await openStore(await scratch(), { now })
    const { digest, size } = await blobs.write(new TextEncoder().encode('hello'))
    expect(digest).toBe('sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824')
    expect(size).toBe(5)
    expect(await blobs.has(digest)).toBe(true)
    expect(new TextDecoder().decode(await blobs.read(digest, 5))).toBe('hello')
    expect(await text(blobs.stream(digest))).toBe('hello')
    await expect(blobs.read(digest, 4)).rejects.toMatchObject({ code: 'TSB_DOCUMENT_TOO_LARGE' })
  })

  it.each([
    ['one byte more', 'hello!', 'TSB_BLOB_TOO_LONG'],
    ['one byte less', 'hell', 'TSB_BLOB_TRUNCATED'],
    ['another byte', 'hallo', 'TSB_DIGEST_MISMATCH'],
  ])('E03 refuses a blob with %s than its descriptor says', async (_, sent, code) => {
    const store = await openStore(await scratch(), { now })
    const expected = await (await openStore(await scratch(), { now })).blobs.write(Buffer.from('hello'))
    const pieces = (async function* () {
      for (const letter of sent) yield Buffer.from(letter)
    })()
    await expect(store.blobs.write(pieces, expected)).rejects.toMatchObject({ code })
    expect(await readdir(join(store.root, 'oci/blobs/sha256'))).toEqual([])
    expect(await leftovers(store.root)).toEqual([])
  })

  it('notices a document whose file was changed', async () => {
    const { blobs } = await openStore(await scratch(), { now })
    const { digest } = await blobs.write(Buffer.from('hello'))
    await writeFile(blobs.path(digest), 'hallo')
    await expect(blobs.read(digest, 100)).rejects.toMatchObject({ code: 'TSB_DIGEST_MISMATCH' })
  })

  it('F08: hashes a blob that may have been torn by a power cut before it counts', async () => {
    const { blobs } = await openStore(await scratch(), { now })
    const [torn, whole] = [await blobs.write(Buffer.from('torn')), await blobs.write(Buffer.from('whole'))]
    await writeFile(blobs.path(torn.digest), '')
    for (const { digest } of [torn, whole]) await utimes(blobs.path(digest), 1, 1)
    expect([await blobs.has(torn.digest), await blobs.has(whole.digest)]).toEqual([false, true])
  })

  it('F08: hashes a blob that is of the future, written before the clock went back', async () => {
    const { blobs } = await openStore(await scratch(), { now })
    const [torn, whole] = [await blobs.write(Buffer.from('torn')), await blobs.write(Buffer.from('whole'))]
    await writeFile(blobs.path(torn.digest), '....')
    for (const { digest } of [torn, whole]) await utimes(blobs.path(digest), now() / 1000 + 3600, now() / 1000 + 3600)
    expect([await blobs.has(torn.digest), await blobs.has(whole.digest)]).toEqual([false, true])
    expect((await stat(blobs.path(whole.digest))).mode & 0o777).toBe(0o400)
  })

  it('fetches a blob from its origin once, however many ask', async () => {
    let fetches = 0
    const other = await openStore(await scratch(), { now })
    const { digest, size } = await other.blobs.write(Buffer.from('layer'))
    const store = await openStore(await scratch(), {
      now,
      fetch: async function* (descriptor, origin) {
        fetches += 1
        expect(origin).toEqual({ location: 'example.test/app' })
        yield* other.blobs.stream(descriptor.digest)
      },
    })
    const descriptor = { mediaType: 'x', digest, size }
    await expect(store.blobs.obtain(descriptor)).rejects.toMatchObject({ code: 'TSB_BLOB_MISSING' })
    await expect(store.blobs.read(descriptor.digest, 1 << 20)).rejects.toMatchObject({ code: 'TSB_BLOB_MISSING' })
    const stream = store.blobs.stream(descriptor.digest)[Symbol.asyncIterator]()
    await expect(stream.next()).rejects.toMatchObject({ code: 'TSB_BLOB_MISSING' })
    await store.blobs.rememberOrigin(digest, { location: 'example.test/app' })
    await Promise.all([store.blobs.obtain(descriptor), store.blobs.obtain(descriptor)])
    expect([fetches, await store.blobs.has(digest)]).toEqual([1, true])
  })
})

describe('reading a blob', () => {
  const fetching = async (sent: string, said = sent) => {
    const store = await openStore(await scratch(), {
      now,
      fetch: async function* () {
        for (const letter of sent) yield Buffer.from(letter)
      },
    })
    const descriptor = { mediaType: 'x', digest: sha256(said), size: said.length }
    await store.blobs.rememberOrigin(descriptor.digest, { location: 'example.test/app' })
    return { store, descriptor }
  }

  it('gives the same bytes while they come and when they are here', async () => {
    const { store, descriptor } = await fetching('layer')
    expect(await store.blobs.reading(descriptor, text)).toBe('layer')
    expect(await store.blobs.has(descriptor.digest, descriptor.size)).toBe(true)
    expect(await store.blobs.reading(descriptor, text)).toBe('layer')
  })

  it.each([
    ['stops early', async (bytes: AsyncIterable<Uint8Array>) => void (await bytes[Symbol.asyncIterator]().next())],
    ['reads nothing', async () => {}],
  ])('keeps all of a blob whose reader %s', async (_, use) => {
    const { store, descriptor } = await fetching('layer'.repeat(1000))
    await store.blobs.reading(descriptor, use)
    expect(await store.blobs.has(descriptor.digest, descriptor.size)).toBe(true)
  })

  it('keeps a blob whose reader fails, and says why it failed', async () => {
    const { store, descriptor } = await fetching('layer')
    const use = () => Promise.reject(new RangeError('not for me'))
    await expect(store.blobs.reading(descriptor, use)).rejects.toThrow('not for me')
    expect(await store.blobs.has(descriptor.digest, descriptor.size)).toBe(true)
  })

  it('E03 a wrong blob is what is wrong, whatever its reader made of it', async () => {
    const { store, descriptor } = await fetching('lAyer', 'layer')
    const failing = () => Promise.reject(new RangeError('not for me'))
    for (const use of [text, failing]) {
      await expect(store.blobs.reading(descriptor, use)).rejects.toMatchObject({ code: 'TSB_DIGEST_MISMATCH' })
    }
    expect(await readdir(join(store.root, 'oci/blobs/sha256'))).toEqual([])
    expect(await leftovers(store.root)).toEqual([])
  })

  it('a blob whose place breaks off ends its reader too', async () => {
    let end: unknown
    const store = await openStore(await scratch(), {
      now,
      fetch: async function* () {
        yield Buffer.from('lay')
        throw new RangeError('the line broke')
      },
    })
    const descriptor = { mediaType: 'x', digest: sha256('layer'), size: 5 }
    await store.blobs.rememberOrigin(descriptor.digest, { location: 'example.test/app' })
    const use = (bytes: AsyncIterable<Uint8Array>) => text(bytes).catch((error: unknown) => (end = error))
    await expect(store.blobs.reading(descriptor, use)).rejects.toThrow('the line broke')
    expect(end).toBeInstanceOf(Error)
  })
})

async function leftovers(root: string): Promise<readonly string[]> {
  return (await readdir(join(root, 'tmp'), { recursive: true })).filter((name) => /aside-\w+\/./.test(name))
}
