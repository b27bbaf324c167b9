import { describe, expect, test } from 'vitest'
import {
  type ArchiveForm,
  type ArchiveLimits,
  defaultArchiveLimits,
  readTar,
  type TarEntry,
} from '../../../src/tree/index.ts'
import { collect } from '../../support/collect.ts'
import { encodeMember, end, inPieces, tar } from '../../support/tar.ts'

const forms: readonly ArchiveForm[] = ['layer', 'add', 'context']

async function entries(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  form: ArchiveForm = 'layer',
  limits: Partial<ArchiveLimits> = {},
): Promise<readonly TarEntry[]> {
  const found: TarEntry[] = []
  const source = bytes instanceof Uint8Array ? inPieces(bytes) : bytes
  for await (const { entry } of readTar(source, form, { ...defaultArchiveLimits, ...limits })) found.push(entry)
  return found
}

const paths = async (bytes: Uint8Array, form: ArchiveForm = 'layer') =>
  (await entries(bytes, form)).map((entry) => entry.path)
const refusal = (code: string) => expect.objectContaining({ code })
const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`
const base256 = (value: bigint, length: number) => {
  const bytes = Buffer.alloc(length)
  for (let at = length - 1, left = value; at >= 0; at--, left >>= 8n) bytes[at] = Number(left & 0xffn)
  bytes[0] = (bytes[0] ?? 0) | 0x80
  return bytes
}

describe('A01 a name that climbs out', () => {
  test('is refused in layers and contexts', async () => {
    for (const name of ['../../../canary2', 'a/../../b', '/../x', '..']) {
      await expect(entries(tar({ name }), 'layer')).rejects.toEqual(refusal('TSB_ARCHIVE_ESCAPE'))
      await expect(entries(tar({ name }), 'context')).rejects.toEqual(refusal('TSB_ARCHIVE_ESCAPE'))
    }
  })

  test('stays inside the destination for ADD, as with BuildKit', async () => {
    expect(await paths(tar('f ../up=1', 'f a/../../up2=2', 'f ok=3'), 'add')).toEqual(['up', 'up2', 'ok'])
  })

  test('may go up and down inside', async () => {
    expect(await paths(tar('f a/../b=1', 'f ./c//d/.=2'))).toEqual(['b', 'c/d'])
  })

  test('is named in the error with the number of its entry', async () => {
    await expect(entries(tar('f a=1', 'f ../x=1'))).rejects.toThrow('entry 2: "../x" leads out of the archive')
  })
})

test('a long name header that only some readers know is no header for us', async () => {
  const archive = tar({ name: 'long', type: 'N', body: 'name/of/the/next\0' }, 'f next=1')
  for (const form of forms) await expect(entries(archive, form)).rejects.toEqual(refusal('TSB_ARCHIVE_TYPE'))
})

test('A02 an absolute name is one from the root of the tree', async () => {
  for (const form of forms) expect(await paths(tar('f /etc/tsb=x'), form)).toEqual(['etc/tsb'])
})

test('A05 two Unicode forms are two names', async () => {
  expect(await paths(tar({ name: 'caf\u00e9' }, { name: 'cafe\u0301' }))).toEqual(['caf\u00e9', 'cafe\u0301'])
})

test('A06 a backslash is an ordinary byte', async () => {
  expect(await paths(tar('f ..\\x=1', 'f C:..\\x=1'))).toEqual(['..\\x', 'C:..\\x'])
})

describe('A07 depth and length', () => {
  const named = (path: string) => tar({ name: 'x', pax: { path } })

  test('100 000 nested directories', async () => {
    await expect(entries(named('a/'.repeat(100_000)))).rejects.toEqual(refusal('TSB_ARCHIVE_DEPTH'))
  })

  test('a path of 512 pieces is taken, one of 513 is not', async () => {
    expect(await paths(named(`${'a/'.repeat(511)}a`))).toHaveLength(1)
    await expect(entries(named(`${'a/'.repeat(512)}a`))).rejects.toEqual(refusal('TSB_ARCHIVE_DEPTH'))
  })

  test('a path of 4096 bytes is taken, one of 4097 is not', async () => {
    const path = `${'a'.repeat(254)}/`.repeat(16)
    expect(await paths(named(`${path}${'b'.repeat(15)}`))).toHaveLength(1)
    await expect(entries(named(`${path}${'b'.repeat(16)}`))).rejects.toEqual(refusal('TSB_ARCHIVE_NAME'))
  })

  test('a piece longer than any file system takes', async () => {
    await expect(entries(named('a'.repeat(256)))).rejects.toEqual(refusal('TSB_ARCHIVE_NAME'))
  })
})

test('A08 a hard link that climbs out', async () => {
  await expect(entries(tar('h y->../../canary'))).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
  await expect(entries(tar('h y->/'))).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
})

test('A11 the text of a symbolic link stays as it is', async () => {
  expect(await entries(tar('s l->/abs/../../x'))).toMatchObject([{ target: '/abs/../../x' }])
})

describe('A13 the root entry', () => {
  test('is a directory or nothing', async () => {
    for (const name of ['.', './', '/', 'a/..']) {
      expect(await entries(tar({ name, type: '5' }))).toMatchObject([{ kind: 'directory', path: '' }])
      await expect(entries(tar({ name, type: '2', link: '/' }))).rejects.toEqual(refusal('TSB_ARCHIVE_ROOT'))
    }
    await expect(entries(tar({ name: '.' }))).rejects.toEqual(refusal('TSB_ARCHIVE_ROOT'))
    await expect(entries(tar({ name: '' }))).rejects.toEqual(refusal('TSB_ARCHIVE_ROOT'))
  })
})

describe('A16 devices and fifos', () => {
  test('are entries of a layer', async () => {
    const archive = tar('b sda 8:0', 'p q')
    expect(await entries(archive)).toMatchObject([{ kind: 'block', major: 8, minor: 0 }, { kind: 'fifo' }])
  })

  test('are refused in a context', async () => {
    await expect(entries(tar('b sda 8:0'), 'context')).rejects.toEqual(refusal('TSB_ARCHIVE_DEVICE'))
    await expect(entries(tar('p q'), 'context')).rejects.toEqual(refusal('TSB_ARCHIVE_DEVICE'))
  })
})

test('A17 the device that overlayfs takes for a deletion', async () => {
  await expect(entries(tar('c etc 0:0'), 'layer')).rejects.toEqual(refusal('TSB_ARCHIVE_DEVICE'))
  await expect(entries(tar('c etc 0:0'), 'add')).rejects.toEqual(refusal('TSB_ARCHIVE_DEVICE'))
  expect(await entries(tar('c etc 0:1'))).toHaveLength(1)
})

test('A18 attributes that steer overlayfs are not taken in', async () => {
  const pax = { 'SCHILY.xattr.user.overlay.redirect': '/etc', 'SCHILY.xattr.trusted.overlay.opaque': 'y' }
  expect((await entries(tar({ name: 'd/', type: '5', pax })))[0]).not.toHaveProperty('xattrs')
})

describe('A20 owners', () => {
  const owned = (raw: Record<number, string | Buffer>) => entries(tar({ name: 'f', raw }))

  test('the highest is 2^32-2', async () => {
    expect(await owned({ 108: base256(4_294_967_294n, 8) })).toMatchObject([{ uid: 4_294_967_294 }])
    for (const uid of [base256(4_294_967_295n, 8), base256(2n ** 40n, 8), Buffer.alloc(8, 0xff), '-1', 'root']) {
      await expect(owned({ 108: uid })).rejects.toEqual(refusal('TSB_ARCHIVE_OWNER'))
      await expect(owned({ 116: uid })).rejects.toEqual(refusal('TSB_ARCHIVE_OWNER'))
    }
  })

  test('in extended headers too', async () => {
    for (const uid of ['4294967295', '-1', '1e3', '99999999999999999999']) {
      await expect(entries(tar({ name: 'f', pax: { uid } }))).rejects.toEqual(refusal('TSB_ARCHIVE_OWNER'))
    }
  })
})

test('A21 the size of the extended header counts: an archive inside a file is not seen', async () => {
  const inner = tar('f smuggled=1')
  const pax = { size: String(inner.length) }
  const archive = Buffer.concat([
    encodeMember({ name: 'outer', body: inner, size: 0, pax }),
    encodeMember({ name: 'after' }),
    end,
  ])
  expect(await paths(archive)).toEqual(['outer', 'after'])
})

test('A22 what extended headers say is checked', async () => {
  await expect(entries(tar({ name: 'x', pax: { path: '../../x' } }))).rejects.toEqual(refusal('TSB_ARCHIVE_ESCAPE'))
  await expect(entries(tar({ name: 'L', type: 'L', body: '../../x\0' }, 'f x=1'))).rejects.toEqual(
    refusal('TSB_ARCHIVE_ESCAPE'),
  )
  await expect(entries(tar({ name: 'x', type: '1', pax: { linkpath: '../../x' } }))).rejects.toEqual(
    refusal('TSB_ARCHIVE_LINK'),
  )
})

describe('A23 global headers', () => {
  const globally = (body: string) => tar({ name: 'g', type: 'g', body }, 'f a=1', 'f b=1')

  test('that move files or borders are refused', async () => {
    for (const record of ['19 path=etc/shadow\n', '14 linkpath=x\n', '10 size=0\n', '22 GNU.sparse.major=1\n']) {
      await expect(entries(globally(record))).rejects.toEqual(refusal('TSB_ARCHIVE_GLOBAL'))
    }
  })

  test('others are read and not applied', async () => {
    expect(await entries(globally('16 comment=text\n'))).toHaveLength(2)
    expect(await entries(globally('12 uid=1000\n'))).toMatchObject([{ uid: 0 }, { uid: 0 }])
  })
})

describe('A24 extended headers', () => {
  test('of 1 GiB are refused before they are read', async () => {
    let taken = 0
    async function* endless() {
      yield encodeMember({ name: 'x', type: 'x', size: 2 ** 30 })
      for (; taken < 2 ** 30; taken += 65_536) yield new Uint8Array(65_536)
    }
    await expect(entries(endless())).rejects.toEqual(refusal('TSB_ARCHIVE_PAX'))
    expect(taken).toBeLessThan(2 ** 22)
  })

  test('count together, up to the limit', async () => {
    const name = (size: number) => ({ name: 'L', type: 'L', body: `a${'\0'.repeat(size - 1)}` })
    expect(await entries(tar(name(1000), name(1000), 'f x=1'), 'layer', { extendedBytes: 2000 })).toHaveLength(1)
    await expect(entries(tar(name(1000), name(1001), 'f x=1'), 'layer', { extendedBytes: 2000 })).rejects.toEqual(
      refusal('TSB_ARCHIVE_PAX'),
    )
  })

  test('that are damaged are refused', async () => {
    for (const body of ['path=x\n', '5 a=1\n', '999 a=1\n', '6 a=1', '0 a=1\n', '4 a\n', '3 =']) {
      await expect(entries(tar({ name: 'x', type: 'x', body }, 'f a=1'))).rejects.toEqual(refusal('TSB_ARCHIVE_PAX'))
    }
  })

  test('an archive that ends after one is cut short', async () => {
    await expect(entries(tar({ name: 'x', type: 'x', body: '6 a=1\n' }))).rejects.toEqual(
      refusal('TSB_ARCHIVE_TRUNCATED'),
    )
  })
})

describe('A25 sparse files', () => {
  const pax = (more: Record<string, string>) => ({
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.realsize': '20',
    ...more,
  })
  const readBodies = async (bytes: Uint8Array) => {
    for await (const { body } of readTar(inPieces(bytes), 'layer')) await collect(body)
  }

  test('a map of ten million parts', async () => {
    const body = '10000000\n'.padEnd(512, '0\n')
    await expect(readBodies(tar({ name: 's', body, pax: pax({}) }))).rejects.toEqual(refusal('TSB_ARCHIVE_SPARSE'))
  })

  test('a map without an end', async () => {
    await expect(readBodies(tar({ name: 's', body: '60000\n'.padEnd(5120, '1\n'), pax: pax({}) }))).rejects.toEqual(
      refusal('TSB_ARCHIVE_SPARSE'),
    )
  })

  test('parts that overlap, or lie behind the end', async () => {
    for (const map of ['0,5,3,2', '10,11', '0,3,10', '-1,3', 'x,1']) {
      const archive = tar({ name: 's', body: 'abcde', pax: { 'GNU.sparse.size': '20', 'GNU.sparse.map': map } })
      await expect(readBodies(archive)).rejects.toEqual(refusal('TSB_ARCHIVE_SPARSE'))
    }
  })

  test('an unknown form', async () => {
    await expect(entries(tar({ name: 's', pax: pax({ 'GNU.sparse.major': '2' }) }))).rejects.toEqual(
      refusal('TSB_ARCHIVE_SPARSE'),
    )
  })

  test('a hole of 1 TiB is beyond the budget', async () => {
    const archive = tar({
      name: 's',
      body: '0\n'.padEnd(512, '\0'),
      pax: pax({ 'GNU.sparse.realsize': String(2 ** 40) }),
    })
    await expect(entries(archive)).rejects.toEqual(refusal('TSB_ARCHIVE_BOMB'))
  })
})

describe('A26 sizes', () => {
  test('that are no sizes are refused', async () => {
    const fields = [base256(2n ** 63n, 12), Buffer.alloc(12, 0xff), '-1', '0x10', '12 34', '8', base256(2n ** 60n, 12)]
    for (const size of fields) {
      await expect(
        entries(tar({ name: 'f', raw: { 124: Buffer.concat([Buffer.from(size), Buffer.alloc(12)]).subarray(0, 12) } })),
      ).rejects.toEqual(refusal('TSB_ARCHIVE_SIZE'))
    }
    for (const size of ['-1', '9223372036854775808', '0x10', '1e3', ' 1']) {
      await expect(entries(tar({ name: 'f', pax: { size } }))).rejects.toEqual(refusal('TSB_ARCHIVE_SIZE'))
    }
  })

  test('the sum of the sizes holds at the limit and beyond', async () => {
    expect(await entries(tar('f a=12345', 'f b=12345'), 'layer', { unpackedBytes: 10 })).toHaveLength(2)
    await expect(entries(tar('f a=12345', 'f b=123456'), 'layer', { unpackedBytes: 10 })).rejects.toEqual(
      refusal('TSB_ARCHIVE_BOMB'),
    )
  })
})

describe('A27 damage', () => {
  test('a wrong checksum', async () => {
    await expect(entries(tar('f a=1', { name: 'b', raw: { 148: '0000000\0' } }))).rejects.toEqual(
      refusal('TSB_ARCHIVE_HEADER'),
    )
  })

  test('bytes that are no archive', async () => {
    await expect(entries(Buffer.alloc(2048, 'text '))).rejects.toEqual(refusal('TSB_ARCHIVE_HEADER'))
  })

  test('an archive that is cut short anywhere inside a member', async () => {
    const archive = tar({ name: 'f', body: 'x'.repeat(5000), pax: { comment: 'y' } })
    for (const length of [1, 511, 700, 1024, 1600, 2000, 5000, 7000]) {
      const cut = entries(archive.subarray(0, length))
      await expect(cut, String(length)).rejects.toEqual(refusal('TSB_ARCHIVE_TRUNCATED'))
    }
  })

  test('half an end mark', async () => {
    const archive = Buffer.concat([encodeMember({ name: 'a' }), Buffer.alloc(512), encodeMember({ name: 'b' }), end])
    await expect(entries(archive)).rejects.toEqual(refusal('TSB_ARCHIVE_HEADER'))
  })

  test('an unknown type', async () => {
    await expect(entries(tar({ name: 'f', type: 'Z' }))).rejects.toEqual(refusal('TSB_ARCHIVE_TYPE'))
  })
})

test('A28 bytes after the end mark are read, and not looked at', async () => {
  let taken = 0
  async function* counted() {
    for await (const piece of inPieces(Buffer.concat([tar('f a=1'), tar('f second=1'), Buffer.from('garbage')]))) {
      taken += piece.length
      yield piece
    }
  }
  expect(await entries(counted())).toMatchObject([{ path: 'a' }])
  expect(taken).toBe(2 * 2048 + 7)
})

test('A33 the number of entries holds at the limit and beyond, extended headers counted', async () => {
  expect(await entries(tar('f a=', 'f b='), 'layer', { entries: 2 })).toHaveLength(2)
  await expect(entries(tar('f a=', 'f b=', 'f c='), 'layer', { entries: 2 })).rejects.toEqual(
    refusal('TSB_ARCHIVE_ENTRIES'),
  )
  const global = { name: 'g', type: 'g', body: '6 a=1\n' }
  await expect(entries(tar(global, global, global), 'layer', { entries: 2 })).rejects.toEqual(
    refusal('TSB_ARCHIVE_ENTRIES'),
  )
})

describe('A35 names are bytes', () => {
  test('that are not UTF-8 stay as they are, in each kind of header', async () => {
    const odd = Buffer.from([0xff, 0xfe])
    expect(await paths(tar({ name: odd }))).toEqual(['\udcff\udcfe'])
    expect(await paths(tar({ name: 'x', pax: { path: odd } }))).toEqual(['\udcff\udcfe'])
    expect(await paths(tar({ name: 'L', type: 'L', body: odd }, 'f x='))).toEqual(['\udcff\udcfe'])
    expect(await paths(tar('f new\nline='))).toEqual(['new\nline'])
  })

  test('a NUL in them is refused', async () => {
    await expect(entries(tar({ name: 'x', pax: { path: 'a\0b' } }))).rejects.toEqual(refusal('TSB_ARCHIVE_NAME'))
    await expect(entries(tar({ name: 'L', type: 'L', body: 'a\0b\0' }, 'f x='))).rejects.toEqual(
      refusal('TSB_ARCHIVE_NAME'),
    )
    await expect(entries(tar({ name: 'x', type: '2', pax: { linkpath: 'a\0b' } }))).rejects.toEqual(
      refusal('TSB_ARCHIVE_NAME'),
    )
  })
})

describe('A36 times', () => {
  const timed = async (mtime: string) => (await entries(tar({ name: 'f', pax: { mtime } })))[0]

  test('are clamped to what a header holds', async () => {
    expect(await timed('-62135596801')).toMatchObject({ mtime: 0 })
    expect(await timed('9'.repeat(30))).toMatchObject({ mtime: 8 ** 11 - 1 })
    expect(await timed('1500000000.999999999')).toMatchObject({ mtime: 1_500_000_000 })
    expect(await entries(tar({ name: 'f', raw: { 136: Buffer.alloc(12, 0xff) } }))).toMatchObject([{ mtime: 0 }])
    expect(await entries(tar({ name: 'f', raw: { 136: octal(8 ** 11 - 1) } }))).toMatchObject([{ mtime: 8 ** 11 - 1 }])
  })

  test('that are no times are refused', async () => {
    for (const mtime of ['1e400', 'abc', 'NaN', '1.2.3', '--1']) {
      await expect(timed(mtime)).rejects.toEqual(refusal('TSB_ARCHIVE_TIME'))
    }
  })
})

describe('B01 whiteouts', () => {
  test('say what is gone', async () => {
    expect(await entries(tar('f a/.wh.b=', 'f .wh.c='))).toEqual([
      { kind: 'whiteout', path: 'a/b' },
      { kind: 'whiteout', path: 'c' },
    ])
    expect(await entries(tar('f a/.wh..wh..opq=', 'f .wh..wh..opq='))).toEqual([
      { kind: 'opaque', path: 'a' },
      { kind: 'opaque', path: '' },
    ])
  })

  test('that name nothing, here or the parent are refused', async () => {
    for (const name of ['a/.wh.', 'a/.wh..', 'a/.wh...', '.wh.', '.wh.x/f']) {
      await expect(entries(tar({ name }))).rejects.toEqual(refusal('TSB_WHITEOUT_NAME'))
      await expect(entries(tar({ name }), 'add')).rejects.toEqual(refusal('TSB_WHITEOUT_NAME'))
    }
  })

  test('are ordinary names in a context', async () => {
    expect(await entries(tar('f .wh.etc=x'), 'context')).toMatchObject([{ kind: 'file', path: '.wh.etc' }])
  })
})

test('B07 marks of old union file systems are left out', async () => {
  expect(
    await paths(tar('f .wh..wh.aufs=', 'd .wh..wh.plnk/', 'f .wh..wh.plnk/123=', 'd .wh..wh.orph/', 'f a=')),
  ).toEqual(['a'])
})

test('a sparse map without an end of line is refused before it is gathered', async () => {
  const pax = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' }
  let given = 0
  async function* endless() {
    yield encodeMember({ name: 's', size: 2 ** 32, pax })
    yield Buffer.from('2\n0\n')
    for (; given < 100; given++) yield Buffer.alloc(1 << 16, '1')
  }
  const read = async () => {
    for await (const { body } of readTar(endless(), 'layer')) await collect(body)
  }
  await expect(read()).rejects.toEqual(refusal('TSB_ARCHIVE_SPARSE'))
  expect(given).toBeLessThan(3)
})

test('very many extended headers of one member cost no more than their records', async () => {
  const records = Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`k${index}`, '']))
  const one = encodeMember({ name: 'pax', type: 'x', body: '' })
  const first = encodeMember({ name: 'x', body: '', pax: records }).subarray(0, -512)
  expect(await paths(Buffer.concat([first, ...Array(30_000).fill(one), tar('f a=1')]))).toEqual(['a'])
})

test('extended headers count for their member alone, also behind a GNU long name', async () => {
  const long = { name: 'L', type: 'L', body: 'long\0' }
  expect(await paths(tar(long, { name: 'x', body: '', pax: { path: 'said' } }, long, 'f x=', 'f y='))).toEqual([
    'said',
    'long',
    'y',
  ])
})

test('A16 a device whose numbers Linux does not have is refused', async () => {
  for (const device of [
    [4096, 0],
    [0, 2 ** 20],
  ] as const)
    await expect(entries(tar({ name: 'd', type: '4', device }))).rejects.toEqual(refusal('TSB_ARCHIVE_DEVICE'))
  expect(await paths(tar({ name: 'd', type: '4', device: [4095, 2 ** 20 - 1] }))).toEqual(['d'])
})
