import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { getXattr } from '../../../src/syscalls/index.ts'
import { treeOfUpper } from '../../../src/tree/directory.ts'
import { applyLayer, decompress, tarIndex, unpackTar, walk, writeTar } from '../../../src/tree/index.ts'
import { hasProgram, runProgram } from '../../support/programs.ts'
import { scratch } from '../../support/scratch.ts'
import { inPieces, type TestMember, tar } from '../../support/tar.ts'
import { change, lines } from '../../support/tree.ts'

const isRoot = process.geteuid?.() === 0
const refusal = (code: string) => expect.objectContaining({ code })

/** Unpacks members into a fresh directory. */
async function unpacked(...members: readonly (string | TestMember)[]): Promise<string> {
  const directory = join(await scratch(), 'tree')
  mkdirSync(directory)
  await unpackTar(inPieces(tar(...members)), directory)
  return directory
}

/** What the same members come to, on disk and in memory; the paths of both, which must be equal. */
async function bothWays(...members: readonly (string | TestMember)[]): Promise<readonly string[]> {
  const directory = await scratch()
  writeFileSync(join(directory, 'layer.tar'), tar(...members))
  const inMemory = lines(await tarIndex(join(directory, 'layer.tar')))
  const onDisk = lines(treeOfUpper(await unpacked(...members), 'trusted'))
  expect(inMemory.map(kindAndPath)).toEqual(onDisk.map(kindAndPath))
  return inMemory
}

/** Hard links show as files of their own on disk. */
const kindAndPath = (line: string) => line.replace(/^hardlink(\S*) (\S+) = .*$/, 'file$1 $2').replace(/\[[^\]]*\]/, '')

describe.skipIf(!isRoot)('unpackTar (needs root)', () => {
  test('gives each entry its kind, content and metadata', async () => {
    const directory = await unpacked(
      { name: 'd/', type: '5', mode: 0o1770, uid: 7, gid: 8, mtime: 1_500_000_000 },
      { name: 'd/f', body: 'hello', mode: 0o6755, uid: 9, gid: 10, mtime: 1_500_000_001 },
      { name: 'd/s', type: '2', link: '/etc/alternatives/x', uid: 11, gid: 12, mtime: 1_500_000_002 },
      { name: 'd/p', type: '6', mode: 0o600, uid: 13, mtime: 1_500_000_003 },
    )
    const seen = (name: string) => {
      const { mode, uid, gid, mtimeMs } = lstatSync(join(directory, name))
      return [(mode & 0o7777).toString(8), uid, gid, mtimeMs / 1000]
    }
    expect(seen('d')).toEqual(['1770', 7, 8, 1_500_000_000])
    expect(seen('d/f')).toEqual(['6755', 9, 10, 1_500_000_001])
    expect(seen('d/s')).toEqual(['777', 11, 12, 1_500_000_002])
    expect(seen('d/p')).toEqual(['600', 13, 0, 1_500_000_003])
    expect(readFileSync(join(directory, 'd/f'), 'utf8')).toBe('hello')
    expect(lines(treeOfUpper(directory, 'trusted'))).toContain('link[uid=11,gid=12] /d/s -> /etc/alternatives/x')
  })

  test('a layer without a root entry has one that everybody can enter', async () => {
    expect(lstatSync(await unpacked('f a=1')).mode & 0o7777).toBe(0o755)
    expect(lstatSync(await unpacked({ name: './', type: '5', mode: 0o750 })).mode & 0o7777).toBe(0o750)
  })

  test('hard links share one file, and what the archive says last of it', async () => {
    const directory = await unpacked('f a=1', { name: 'b', type: '1', link: 'a', mode: 0o600, uid: 5 })
    const [a, b] = [lstatSync(join(directory, 'a')), lstatSync(join(directory, 'b'))]
    expect([a.ino, a.mode & 0o777, a.uid]).toEqual([b.ino, 0o600, 5])
  })

  test('a hard link to a symbolic link is a link with the same text', async () => {
    expect(await bothWays('s a->/x', 'h b->a')).toEqual(['link /a -> /x', 'link /b -> /x'])
  })

  test('file capabilities survive, and the owner does not take them away', async () => {
    const capability = Buffer.from([1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const directory = await unpacked({ name: 'ping', uid: 3, pax: { 'SCHILY.xattr.security.capability': capability } })
    const kept = getXattr(join(directory, 'ping'), 'security.capability')
    expect(kept && Buffer.from(kept)).toEqual(capability)
  })

  test('whiteouts are 0/0 devices, opaque directories have the attribute', async () => {
    const directory = await unpacked('f a/.wh.b=', 'd o/', 'f o/.wh..wh..opq=', 'f .wh.c=')
    expect(lines(treeOfUpper(directory, 'trusted')).map(kindAndPath)).toEqual([
      'dir /a',
      'gone /a/b',
      'gone /c',
      'opaque /o',
    ])
    const other = join(await scratch(), 'user')
    mkdirSync(other)
    await unpackTar(inPieces(tar('f o/.wh..wh..opq=')), other, { marks: 'user' })
    expect(String(getXattr(join(other, 'o'), 'user.overlay.opaque') ?? '')).toBe('121')
  })

  test('names that are not UTF-8', async () => {
    const directory = await unpacked(
      { name: Buffer.from([0x64, 0xff, 0x2f]), type: '5' },
      { name: Buffer.from([0x64, 0xff, 0x2f, 0xfe]), body: 'x' },
    )
    const [name] = readdirSync(directory, { encoding: 'buffer' })
    expect(name).toEqual(Buffer.from([0x64, 0xff]))
    expect(lines(treeOfUpper(directory, 'trusted')).map(kindAndPath)).toEqual(['dir /d\udcff', 'file /d\udcff/\udcfe'])
  })

  test('says what it did', async () => {
    const directory = await scratch()
    mkdirSync(join(directory, 'x'))
    const result = await unpackTar(inPieces(tar('d a/', 'f a/f=hello', 'b a/sda 8:0')), join(directory, 'x'))
    expect(result).toEqual({ entries: 3, bytes: 5, skipped: { devices: ['a/sda'], xattrs: 0 } })
  })

  test('stops when it is told to', async () => {
    const stop = new AbortController()
    stop.abort(new RangeError('enough'))
    await expect(unpackTar(inPieces(tar('f a=1')), await scratch(), { signal: stop.signal })).rejects.toThrow('enough')
  })

  test('A27 after an error the directory is empty again', async () => {
    const directory = await scratch()
    const cut = tar('d a/', 'f a/b=1', { name: Buffer.from([0x61, 0x2f, 0xff]) }, `f c=${'x'.repeat(9000)}`).subarray(
      0,
      5000,
    )
    await expect(unpackTar(inPieces(cut), directory)).rejects.toEqual(refusal('TSB_ARCHIVE_TRUNCATED'))
    expect(readdirSync(directory)).toEqual([])
  })
})

describe.skipIf(!isRoot)('layers on disk and in memory come to the same (needs root)', () => {
  test('parents that nobody said are made', async () => {
    expect(await bothWays('f a/b/c=1')).toEqual(['dir /a', 'dir /a/b', 'file /a/b/c'])
  })

  test('A14 a later entry replaces an earlier one of another kind', async () => {
    expect(await bothWays('f p=1', 's p->/x', 'f p=2')).toEqual(['file /p'])
    expect(await bothWays('d p/', 'f p/a=1', 'f p=2')).toEqual(['file /p'])
    expect(await bothWays('d p/', 'f p/a=1', 'd p/')).toEqual(['dir /p', 'file /p/a'])
  })

  test('B06 a directory in place of something else hides what lower layers have there', async () => {
    expect(await bothWays('f p=1', 'd p/')).toEqual(['opaque /p'])
    expect(await bothWays('f .wh.p=', 'd p/', 'f p/n=')).toEqual(['opaque /p', 'file /p/n'])
    expect(await bothWays('f .wh.p=', 'f p/n=')).toEqual(['opaque /p', 'file /p/n'])
    expect(await bothWays('d p/', 'f p/n=', 'f .wh.p=')).toEqual(['opaque /p', 'file /p/n'])
    expect(await bothWays('f .wh.p=', 'f p=1')).toEqual(['file /p'])
    expect(await bothWays('f p=1', 'f .wh.p=')).toEqual(['file /p'])
  })

  test('B04 an opaque mark hides lower layers only, wherever it stands', async () => {
    const expected = ['opaque /a', 'file /a/new']
    expect(await bothWays('d a/', 'f a/new=1', 'f a/.wh..wh..opq=')).toEqual(expected)
    expect(await bothWays('f a/.wh..wh..opq=', 'd a/', 'f a/new=1')).toEqual(expected)
  })

  test('A03 a file through a link lands inside the tree', async () => {
    expect(await bothWays('d sub/', 's l->sub', 'f l/f=1', 's abs->/sub', 'f abs/g=2')).toEqual([
      'link /abs -> /sub',
      'link /l -> sub',
      'dir /sub',
      'file /sub/f',
      'file /sub/g',
    ])
  })

  test('hard links are one file, whichever name came first', async () => {
    expect(await bothWays('f z=1', 'h a->z', 'h m->a')).toEqual(['file /a', 'hardlink /m = /a', 'hardlink /z = /a'])
  })
})

describe.skipIf(!isRoot)('applyLayer (needs root)', () => {
  async function applied(
    lower: readonly string[],
    ...members: readonly (string | TestMember)[]
  ): Promise<readonly string[]> {
    const directory = await scratch()
    await unpackTar(writeTar(lower.map(change)), directory)
    await applyLayer(inPieces(tar(...members)), directory)
    return lines(treeOfUpper(directory, 'trusted')).map(kindAndPath)
  }

  test('whiteouts delete, and leave no mark', async () => {
    expect(
      await applied(['dir /d', 'file /d/a', 'file /d/b', 'dir /e', 'file /e/x'], 'f d/.wh.a=', 'f .wh.e='),
    ).toEqual(['dir /d', 'file /d/b'])
  })

  test('a whiteout of nothing is fine', async () => {
    expect(await applied(['file /a'], 'f .wh.b=', 'f x/.wh.c=')).toEqual(['file /a', 'dir /x'])
  })

  test('B04 an opaque mark takes the old and leaves the new, whatever the order', async () => {
    const lower = ['dir /a', 'file /a/old', 'dir /a/d', 'file /a/d/old', 'dir /a/e', 'file /a/e/old']
    const expected = ['dir /a', 'dir /a/d', 'file /a/d/new', 'file /a/new']
    expect(await applied(lower, 'f a/new=', 'f a/d/new=', 'f a/.wh..wh..opq=')).toEqual(expected)
    expect(await applied(lower, 'f a/.wh..wh..opq=', 'f a/new=', 'f a/d/new=')).toEqual(expected)
  })

  test('B06 delete and make again, in both orders', async () => {
    const lower = ['dir /d', 'file /d/old']
    expect(await applied(lower, 'f .wh.d=', 'f d=1')).toEqual(['file /d'])
    expect(await applied(lower, 'f d=1', 'f .wh.d=')).toEqual(['file /d'])
    expect(await applied(lower, 'd d/', 'f d/new=', 'f .wh.d=')).toEqual(['dir /d', 'file /d/new'])
  })

  test('a directory keeps what is in it, and takes the new metadata', async () => {
    const directory = await scratch()
    await unpackTar(writeTar(['dir /d', 'file /d/a'].map(change)), directory)
    await applyLayer(inPieces(tar({ name: 'd/', type: '5', mode: 0o700 })), directory)
    expect([lstatSync(join(directory, 'd')).mode & 0o777, readdirSync(join(directory, 'd'))]).toEqual([0o700, ['a']])
  })

  test('parents are followed through links of lower layers', async () => {
    const lower = ['dir /usr', 'dir /usr/lib', 'link /lib -> usr/lib', 'file /usr/lib/gone']
    const expected = ['link /lib -> usr/lib', 'dir /usr', 'dir /usr/lib', 'file /usr/lib/x']
    expect(await applied(lower, 'f lib/x=1', 'f lib/.wh.gone=')).toEqual(expected)
  })

  test('a hard link to a file of a lower layer', async () => {
    expect(await applied(['file /a x'], 'h b->a')).toEqual(['file /a', 'file /b'])
  })
})

test.skipIf(!isRoot || !hasProgram('tar'))(
  'a tree that GNU tar packed comes out as it was (needs root and tar)',
  async () => {
    const source = await scratch()
    const out = await scratch()
    runProgram(
      'sh',
      '-c',
      'cd "$0" && mkdir -p a/b && echo 1 > a/f && ln a/f a/b/g && ln -s ../f a/b/l && mkfifo a/p && chmod 2750 a/b && chown 5:6 a/b',
      source,
    )
    runProgram('tar', '-C', source, '-czf', join(out, 'x.tgz'), '.')
    mkdirSync(join(out, 'tree'))
    await unpackTar(decompress(inPieces(readFileSync(join(out, 'x.tgz')))), join(out, 'tree'))
    runProgram('tar', '-C', join(out, 'tree'), '--compare', '-f', join(out, 'x.tgz'))
    expect([...walk(treeOfUpper(join(out, 'tree'), 'trusted'))]).toHaveLength(6)
  },
)
