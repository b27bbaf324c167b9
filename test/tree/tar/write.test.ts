import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { extract } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import {
  type Change,
  type FileEntry,
  readTar,
  type TarEntry,
  tarOrder,
  treeOfDirectory,
  treePath,
  walk,
  writeTar,
} from '../../../src/tree/index.ts'
import { encodeHeader, putHeader } from '../../../src/tree/tar/encode.ts'
import { collect } from '../../support/collect.ts'
import { pipeThrough } from '../../support/pipe-through.ts'
import { hasProgram } from '../../support/programs.ts'
import { scratch } from '../../support/scratch.ts'
import { inPieces } from '../../support/tar.ts'
import { change } from '../../support/tree.ts'

const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: 0 }
const written = (...lines: readonly string[]) => collect(writeTar(lines.map(change)))
const write = (...changes: readonly Change[]) => collect(writeTar(changes))

async function entries(bytes: Uint8Array): Promise<readonly TarEntry[]> {
  const found: TarEntry[] = []
  for await (const { entry } of readTar(inPieces(bytes), 'layer')) found.push(entry)
  return found
}

const file = (path: string, more: Partial<FileEntry> = {}): FileEntry => {
  const content = { kind: 'bytes', bytes: Buffer.alloc(0) } as const
  return { kind: 'file', path: treePath(path), size: 0, content, ...metadata, ...more }
}

describe('a header', () => {
  test('is ustar, with empty user names and nothing of the clock', async () => {
    const bytes = await written('file[mode=4755,uid=7,gid=8,mtime=1500000000] /su hello')
    expect(bytes.length).toBe(512 + 512 + 1024)
    expect(bytes.toString('latin1', 0, 2)).toBe('su')
    expect(bytes.toString('latin1', 100, 156)).toMatch(
      /^0004755\x000000007\x000000010\x0000000000005\x0013132027400\x00\d{6}\x00 $/,
    )
    expect(bytes.toString('latin1', 156, 265)).toBe(`0${'\0'.repeat(100)}ustar\x0000`)
    expect(bytes.toString('latin1', 265, 329)).toBe('\0'.repeat(64))
    expect(bytes.toString('latin1', 512, 517)).toBe('hello')
    expect(bytes.subarray(-1024).every((byte) => byte === 0)).toBe(true)
  })

  test('of a directory ends in a slash, the root is ./', async () => {
    const bytes = await written('dir /', 'dir /a')
    expect(bytes.toString('latin1', 0, 3)).toBe('./\0')
    expect(bytes.toString('latin1', 512, 515)).toBe('a/\0')
  })

  test('keeps mode 0', async () => {
    expect(await entries(await written('file[mode=0] /shadow x'))).toMatchObject([{ mode: 0 }])
  })
})

describe('PAX is used only where ustar cannot say it', () => {
  const blocksOf = async (change: Change) => (await write(change)).length / 512 - 2

  test('names up to 100 bytes, and up to 255 with a slash in the right place', async () => {
    expect(await blocksOf(file('a'.repeat(100)))).toBe(1)
    expect(await blocksOf(file('a'.repeat(101)))).toBe(3)
    expect(await blocksOf(file(`${'a'.repeat(155)}/${'b'.repeat(100)}`))).toBe(1)
    expect(await blocksOf(file(`${'a'.repeat(156)}/${'b'.repeat(99)}`))).toBe(3)
  })

  test('ASCII', async () => {
    expect(await blocksOf(file('plain name\n'))).toBe(1)
    expect(await blocksOf(file('é'))).toBe(3)
  })

  test('numbers that fit', async () => {
    expect(await blocksOf(file('a', { uid: 8 ** 7 - 1 }))).toBe(1)
    expect(await blocksOf(file('a', { uid: 8 ** 7 }))).toBe(3)
    expect(await blocksOf(file('a', { mtime: 8 ** 11 - 1 }))).toBe(1)
  })
})

test('whatever is written reads as it was', async () => {
  const odd = 'odd-\udcff\udcfe'
  const changes: readonly Change[] = [
    { kind: 'directory', path: treePath('d'), ...metadata, mode: 0o2755 },
    { kind: 'directory', path: treePath('e'), ...metadata, opaque: true },
    file(`d/${'long'.repeat(60)}/${'name'.repeat(60)}`, { uid: 2 ** 32 - 2, gid: 3_000_000 }),
    file(`d/${odd}`, { mtime: 8 ** 11 - 1 }),
    file('d/x', { xattrs: new Map([['security.capability', Buffer.from([1, 0, 0, 2, 255, 10])]]) }),
    { kind: 'symlink', path: treePath('d/s'), target: `../${'é'.repeat(80)}/${odd}`, ...metadata, mode: 0o777 },
    { kind: 'hardlink', path: treePath('d/z'), target: treePath('d/x'), ...metadata },
    { kind: 'block', path: treePath('d/sda'), major: 4095, minor: 1_048_575, ...metadata },
    { kind: 'fifo', path: treePath('d/p'), ...metadata },
    { kind: 'whiteout', path: treePath('d/gone') },
  ]
  const bytes = await write(...changes)
  const expected: readonly object[] = changes.flatMap((said) => {
    if (said.kind === 'file') return [{ ...said, content: undefined }]
    if (said.kind !== 'directory' || !said.opaque) return [said]
    return [
      { ...said, opaque: undefined },
      { kind: 'opaque', path: said.path },
    ]
  })
  expect(await entries(bytes)).toEqual(expected)
})

test('the same changes give the same bytes, in whatever order they came', async () => {
  const lines = [
    'dir /b',
    'file /b/x 1',
    'gone /b/z',
    'dir /a',
    'gone /c',
    'file /a.txt 2',
    'opaque /a/o',
    'file /b.x 3',
  ]
  const sorted = (input: readonly string[]) => tarOrder(input.map(change)).map(({ path }) => path)
  const order = ['c', 'a', 'a/o', 'a.txt', 'b', 'b/z', 'b/x', 'b.x']
  expect(sorted(lines)).toEqual(order)
  expect(sorted([...lines].reverse())).toEqual(order)
})

test('whiteouts and opaque marks are empty files with the same header each time', async () => {
  const bytes = await written('opaque /d', 'gone /d/x')
  const names = [0, 512, 1024].map((at) => bytes.toString('latin1', at, bytes.indexOf(0, at)))
  expect(names).toEqual(['d/', 'd/.wh..wh..opq', 'd/.wh.x'])
})

test('directories that nobody said are left out', async () => {
  const implied: Change = { kind: 'directory', path: treePath('a'), implied: true, ...metadata, mode: 0o755 }
  expect(await entries(await write(implied, file('a/f')))).toMatchObject([{ path: 'a/f' }])
})

test('A18 attributes that steer overlayfs are not written', async () => {
  const bytes = await write(file('f', { xattrs: new Map([['user.overlay.redirect', Buffer.from('/etc')]]) }))
  expect(bytes.length).toBe(512 + 1024)
})

describe('B05 a file with the name of a whiteout', () => {
  test('is refused, with its path', async () => {
    for (const line of [
      'file /a/.wh.etc x',
      'dir /.wh.x',
      'link /.wh..wh..opq -> a',
      'file /.wh.d/x 1',
      'gone /.wh.x',
    ]) {
      await expect(written(line)).rejects.toMatchObject({ code: 'TSB_WHITEOUT_RESERVED' })
    }
    await expect(written('file /a/.wh.etc x')).rejects.toThrow('/a/.wh.etc: names that begin with .wh. delete files')
  })

  test('a name that has .wh. elsewhere is ordinary', async () => {
    expect(await entries(await written('file /a.wh.b x'))).toHaveLength(1)
  })
})

test('the quick way to write a header gives the bytes of the other, or leaves it to that', () => {
  const numbers = fc.oneof(fc.nat(0o7777), fc.constantFrom(8 ** 7 - 1, 8 ** 7, 8 ** 11 - 1, 8 ** 11, -1, 1.5))
  const names = fc.oneof(
    fc.stringMatching(/^[a-z.][a-z0-9. /_-]{0,150}$/),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 110 }),
  )
  const entries = fc.record({
    kind: fc.constantFrom('file', 'directory', 'symlink', 'hardlink', 'character', 'block', 'fifo'),
    path: names,
    target: names,
    mode: fc.nat(0o177777),
    uid: fc.oneof(fc.nat(), fc.constantFrom(8 ** 7 - 1, 8 ** 7)),
    gid: fc.nat(),
    mtime: numbers,
    size: fc.oneof(fc.nat(), fc.constantFrom(8 ** 11 - 1, 8 ** 11)),
    major: fc.nat(4096),
    minor: fc.nat(),
    content: fc.constant({ kind: 'bytes', bytes: Buffer.alloc(0) }),
  })
  fc.assert(
    fc.property(entries, (record) => {
      const entry = record as unknown as Parameters<typeof encodeHeader>[0]
      const memory = new Uint8Array(1536).fill(0xff)
      const isWritten = putHeader(memory, 512, entry)
      const expected = isWritten ? encodeHeader(entry) : Buffer.alloc(512, 0xff)
      expect(Buffer.from(memory)).toEqual(Buffer.concat([Buffer.alloc(512, 0xff), expected, Buffer.alloc(512, 0xff)]))
    }),
  )
})

test('a file that is not what it was when it was listed is an error', async () => {
  const directory = await scratch()
  writeFileSync(join(directory, 'f'), 'first')
  const changes = [...walk(treeOfDirectory(directory))]
  writeFileSync(join(directory, 'f'), 'second')
  await expect(write(...changes)).rejects.toMatchObject({ code: 'TSB_FILE_CHANGED' })
})

test('large files and many small ones, each byte in its place', async () => {
  const directory = await scratch()
  writeFileSync(join(directory, 'large'), Buffer.alloc(3_000_001, 'abcdefg'))
  for (let at = 0; at < 300; at++) writeFileSync(join(directory, `f${at}`), `${at}`.repeat(at))
  for await (const { entry, body } of readTar(
    inPieces(await write(...walk(treeOfDirectory(directory))), 65_536),
    'layer',
  )) {
    expect((await collect(body)).equals(readFileSync(join(directory, entry.path)))).toBe(true)
  }
})

describe('other readers', () => {
  const long = `${'d'.repeat(120)}/${'e'.repeat(120)}`
  const archive = () =>
    written(
      'dir /d',
      'file[mode=755,uid=3000000,mtime=1500000000] /d/f content',
      'link /d/l -> f',
      'hardlink /d/m = /d/f',
      `file /${long} x`,
      'file /é y',
    )

  test.skipIf(!hasProgram('tar'))('GNU tar lists and unpacks it (needs tar)', async () => {
    const listed = pipeThrough(
      await archive(),
      'tar',
      '-tv',
      '--numeric-owner',
      '--utc',
      '--quoting-style=literal',
    ).toString()
    expect(listed.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 d/',
      '-rwxr-xr-x 3000000/0 7 2017-07-14 02:40 d/f',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 d/l -> f',
      'hrw-r--r-- 0/0 0 1970-01-01 00:00 d/m link to d/f',
      `-rw-r--r-- 0/0 1 1970-01-01 00:00 ${long}`,
      '-rw-r--r-- 0/0 1 1970-01-01 00:00 é',
      '',
    ])
    const directory = await scratch()
    mkdirSync(join(directory, 'out'))
    pipeThrough(await archive(), 'tar', '-x', '--no-same-owner', '-C', join(directory, 'out'))
    expect(readFileSync(join(directory, 'out', long), 'utf8')).toBe('x')
  })

  const script =
    'import sys,tarfile\nfor m in tarfile.open(fileobj=sys.stdin.buffer, mode="r|"): print(m.name, m.size, m.uid, m.mtime, m.linkname)'
  test.skipIf(!hasProgram('python3'))('tarfile of Python lists it (needs python3)', async () => {
    expect(
      pipeThrough(await archive(), 'python3', '-c', script)
        .toString()
        .trimEnd()
        .split('\n'),
    ).toEqual(['d 0 0 0 ', 'd/f 7 3000000 1500000000 ', 'd/l 0 0 0 f', 'd/m 0 0 0 d/f', `${long} 1 0 0 `, 'é 1 0 0'])
  })

  test('tar-stream lists it', async () => {
    const names: string[] = []
    const reader = extract()
    reader.end(await archive())
    for await (const stream of reader) {
      names.push(stream.header.name)
      stream.resume()
    }
    expect(names).toEqual(['d/', 'd/f', 'd/l', 'd/m', long, 'é'])
  })
})
