import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { contextOfTree, readArchiveContext, readText, sniffContext } from '../../src/context/index.ts'
import { absolutePath, type FileTree, readSmall, resolvePath, treePath, walk } from '../../src/tree/index.ts'
import { scratch } from '../support/scratch.ts'
import { inPieces, tar } from '../support/tar.ts'
import { tree } from '../support/tree.ts'

async function read(bytes: Uint8Array, watched: readonly string[] = []) {
  return readArchiveContext(inPieces(bytes), join(await scratch(), 'context.tar'), watched.map(treePath))
}

const pathsIn = (files: FileTree) => [...walk(files)].map(({ path }) => absolutePath(path))
const refusal = (code: string) => expect.objectContaining({ code })
const shell = (command: string, input: Uint8Array) => execFileSync('sh', ['-c', command], { input })

describe('an archive as a context', () => {
  it('keeps the owners, modes and times of the archive', async () => {
    const { context } = await read(
      tar(
        { name: 'd/', type: '5', mode: 0o2750, uid: 7 },
        { name: 'd/f', body: 'hi', mode: 0o4711, uid: 12, gid: 34, mtime: 99 },
      ),
    )
    expect(context.tree.get(treePath('d'))).toMatchObject({ mode: 0o2750, uid: 7 })
    expect(context.tree.get(treePath('d/f'))).toMatchObject({ mode: 0o4711, uid: 12, gid: 34, mtime: 99, size: 2 })
  })

  it('reads its files out of one file with the plain bytes, and unpacks nothing', async () => {
    const folder = await scratch()
    const archive = tar('f a/b=hello', 'f c=')
    const { context } = await readArchiveContext(inPieces(gzipSync(archive)), join(folder, 'kept'))
    const file = context.tree.get(treePath('a/b'))
    if (file?.kind !== 'file') throw new Error('no file')
    expect(file.content).toMatchObject({ kind: 'host', path: join(folder, 'kept') })
    expect(Buffer.from(await readSmall(file, 10)).toString()).toBe('hello')
    expect(statSync(join(folder, 'kept'))).toMatchObject({ size: archive.length, mode: 0o100600 })
  })

  const archive = tar('f Dockerfile=FROM scratch')
  it.each([
    ['plain', archive],
    ['gzip', gzipSync(archive)],
    ['zstd', zstdCompressSync(archive)],
    ['bzip2', shell('bzip2 -c', archive)],
    ['xz', shell('xz -c', archive)],
  ])('is known by its content and read: %s', async (_, bytes) => {
    expect(sniffContext(bytes)).toBe('archive')
    expect(pathsIn((await read(bytes)).context.tree)).toEqual(['/Dockerfile'])
  })

  it('has directories above its members: 0755, of root', async () => {
    const { context } = await read(tar('f a/b/c=1'))
    expect(context.tree.get(treePath('a'))).toEqual({
      kind: 'directory',
      path: 'a',
      mode: 0o755,
      uid: 0,
      gid: 0,
      mtime: 0,
    })
  })

  it('tells the time of its newest regular file, and which watched names came twice', async () => {
    const file = (name: string, mtime: number) => ({ name, body: String(mtime), mtime })
    const { newest, repeated, context } = await read(
      tar(file('a', 30), file('b', 20), file('a', 10), { name: 'd/', type: '5', mtime: 90 }),
      ['a', 'b'],
    )
    expect({ newest, repeated: [...repeated] }).toEqual({ newest: 30, repeated: ['a'] })
    expect(context.tree.get(treePath('a'))).toMatchObject({ mtime: 10 })
    expect(await read(tar('d x/'))).not.toHaveProperty('newest')
  })

  it('takes names that delete in a layer as ordinary ones', async () => {
    expect(pathsIn((await read(tar('f x=1', 'f .wh.x='))).context.tree)).toEqual(['/.wh.x', '/x'])
  })

  it('may begin with a name that looks like a compression', async () => {
    expect(pathsIn((await read(tar('f BZh9=1', 'f x=2'))).context.tree)).toEqual(['/BZh9', '/x'])
  })

  it('that is cut short is refused', async () => {
    const bytes = tar('f a=1', { name: 'b', body: Buffer.alloc(5000) })
    await expect(read(bytes.subarray(0, 3000))).rejects.toEqual(refusal('TSB_ARCHIVE_TRUNCATED'))
  })
})

describe('sniffContext', () => {
  it.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    ['an end mark alone', Buffer.alloc(1024), 'archive'],
    ['a Dockerfile', Buffer.from('FROM scratch\nCOPY a b\n'.repeat(50)), 'text'],
    ['a Dockerfile with a byte order mark', Buffer.from('\ufeffFROM scratch\n'), 'text'],
    ['a zip', Buffer.from('PK\x03\x04\x14\0\0\0'), 'zip'],
    ['noise', Buffer.from([1, 0, 2, 3]), 'binary'],
  ])('knows %s', (_, bytes, kind) => expect(sniffContext(bytes)).toBe(kind))
})

describe('readText', () => {
  it('follows links inside the context', async () => {
    const files = tree('link /Dockerfile -> /build/Dockerfile', 'file /build/Dockerfile FROM a')
    expect(await readText(files, treePath('Dockerfile'), 1000)).toBe('FROM a')
    expect(await readText(tree('file /a x', 'hardlink /b = /a'), treePath('b'), 1000)).toBe('x')
    expect(await readText(files, treePath('other'), 1000)).toBeUndefined()
  })

  it('C08 a link out of the context is refused, and what it names on this machine is not read', async () => {
    await expect(readText(tree('link /Dockerfile -> /etc/passwd'), treePath('Dockerfile'), 1000)).rejects.toThrow(
      '/Dockerfile is a link to /etc/passwd, which is outside of the build context',
    )
    await expect(readText(tree('link /Dockerfile -> ../../etc/passwd'), treePath('Dockerfile'), 1000)).rejects.toEqual(
      refusal('TSB_DOCKERFILE_NOT_FOUND'),
    )
    await expect(readText(tree('dir /Dockerfile'), treePath('Dockerfile'), 1000)).rejects.toThrow(
      '/Dockerfile is no file',
    )
  })
})

describe('contextOfTree', () => {
  it('names the link that leads out', () => {
    const context = contextOfTree(tree('link /l -> ../../x', 'link /in -> f', 'file /f'))
    expect(context.leavesBy('l')).toMatchObject({ path: 'l' })
    expect(context.leavesBy('in')).toBeUndefined()
    expect(resolvePath(context.tree, treePath('l'), { followLast: true }).entry).toBeUndefined()
  })
})
