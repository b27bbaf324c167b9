import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readTar, type TarEntry } from '../../../src/tree/index.ts'
import { collect } from '../../support/collect.ts'
import { pipeThrough } from '../../support/pipe-through.ts'
import { hasProgram, runProgram } from '../../support/programs.ts'
import { scratch } from '../../support/scratch.ts'
import { inPieces, tar } from '../../support/tar.ts'

interface ReadMember {
  readonly entry: TarEntry
  readonly text: string
  readonly offset: number | undefined
}

async function read(bytes: Uint8Array, form: 'layer' | 'add' | 'context' = 'layer'): Promise<readonly ReadMember[]> {
  const members: ReadMember[] = []
  for await (const { entry, body, offset } of readTar(inPieces(bytes), form)) {
    members.push({ entry, offset, text: (await collect(body)).toString() })
  }
  return members
}

const paths = async (bytes: Uint8Array) => (await read(bytes)).map(({ entry }) => entry.path)

test('members come in archive order with what their headers say', async () => {
  const archive = tar(
    { name: 'd/', type: '5', mode: 0o2750, uid: 7, gid: 8, mtime: 1_500_000_000 },
    { name: 'd/f', body: 'hello', mode: 0o4755 },
    's d/l->../x',
    'h d/h->d/f',
    'c d/null 1:3',
    'p d/p',
  )
  const usual = { uid: 0, gid: 0, mtime: 1_577_836_800 }
  expect((await read(archive)).map(({ entry }) => entry)).toEqual([
    { kind: 'directory', path: 'd', mode: 0o2750, uid: 7, gid: 8, mtime: 1_500_000_000 },
    { kind: 'file', path: 'd/f', size: 5, mode: 0o4755, ...usual },
    { kind: 'symlink', path: 'd/l', target: '../x', mode: 0o777, ...usual },
    { kind: 'hardlink', path: 'd/h', target: 'd/f', mode: 0o644, ...usual },
    { kind: 'character', path: 'd/null', major: 1, minor: 3, mode: 0o644, ...usual },
    { kind: 'fifo', path: 'd/p', mode: 0o644, ...usual },
  ])
})

test('the offset of a file is where its bytes are in the archive', async () => {
  const archive = tar('f a=first', { name: 'b', body: 'second', pax: { comment: 'x'.repeat(600) } })
  for (const { offset = 0, text } of await read(archive)) {
    expect(archive.toString('utf8', offset, offset + text.length)).toBe(text)
  }
})

test('a body may be left unread, or read in part', async () => {
  const seen: string[] = []
  for await (const { entry, body } of readTar(inPieces(tar(`f a=${'x'.repeat(500_000)}`, 'f b=1', 'f c=2')), 'layer')) {
    seen.push(entry.path)
    if (entry.path === 'a') for await (const _ of body) break
  }
  expect(seen).toEqual(['a', 'b', 'c'])
})

test('a reader that stops early stops the source', async () => {
  let stopped = false
  async function* source() {
    try {
      for (;;) yield tar('f a=1').subarray(0, 1024)
    } finally {
      stopped = true
    }
  }
  for await (const _ of readTar(source(), 'layer')) break
  expect(stopped).toBe(true)
})

test('an error of the source passes through', async () => {
  async function* failing() {
    yield tar('f a=1').subarray(0, 700)
    throw new RangeError('the source broke')
  }
  await expect(collect(bodies(failing()))).rejects.toThrow('the source broke')
})

async function* bodies(bytes: AsyncIterable<Uint8Array>) {
  for await (const { body } of readTar(bytes, 'layer')) yield* body
}

test('no bytes at all, and an archive without an end mark, are whole', async () => {
  expect(await paths(Buffer.alloc(0))).toEqual([])
  expect(await paths(tar('f a=1').subarray(0, 1024))).toEqual(['a'])
})

test('a symbolic link has the mode 0777, whatever its header says', async () => {
  const [member] = await read(tar({ name: 'l', type: '2', link: 'f', mode: 0o600 }))
  expect(member?.entry).toMatchObject({ kind: 'symlink', mode: 0o777 })
})

test('a v7 header has no magic, and a name with a slash at its end is a directory', async () => {
  const v7 = { raw: { 257: Buffer.alloc(8) } }
  expect(
    (await read(tar({ name: 'd/', ...v7 }, { name: 'd/f', type: '\0', body: 'x', ...v7 }))).map(
      ({ entry }) => entry.kind,
    ),
  ).toEqual(['directory', 'file'])
})

test('a name is split over two fields of ustar', async () => {
  const prefix = `${'p'.repeat(90)}/${'q'.repeat(60)}`
  expect(await paths(tar({ name: 'f', raw: { 345: prefix } }))).toEqual([`${prefix}/f`])
})

test('PAX records override the header, and a later record of a keyword the earlier', async () => {
  const pax = { path: 'é/long', uid: '3000000', gid: '4', mtime: '1500000000.9', size: '3' }
  const [member] = await read(tar({ name: 'short', body: 'abc', size: 0, pax }))
  expect(member?.entry).toMatchObject({ path: 'é/long', uid: 3_000_000, gid: 4, mtime: 1_500_000_000, size: 3 })
  expect(member?.text).toBe('abc')
})

test('an empty PAX value takes the keyword back', async () => {
  expect(await paths(tar({ name: 'kept', pax: { path: '' } }))).toEqual(['kept'])
})

test('GNU long names and links', async () => {
  const long = `${'n'.repeat(120)}/${'m'.repeat(120)}`
  const archive = tar(
    { name: '././@LongLink', type: 'L', body: `${long}\0` },
    { name: '././@LongLink', type: 'K', body: `${long}x\0` },
    's a->b',
  )
  expect((await read(archive))[0]?.entry).toMatchObject({ path: long, target: `${long}x` })
})

test('extended attributes are bytes; those of one machine are left out', async () => {
  const capability = Buffer.from([1, 0, 0, 2, 0xff, 0x0a, 0, 0])
  const pax = {
    'SCHILY.xattr.security.capability': capability,
    'SCHILY.xattr.user.note': 'a=b\n',
    'SCHILY.xattr.security.selinux': 'label',
    'SCHILY.xattr.system.posix_acl_access': 'acl',
  }
  const entry = (await read(tar({ name: 'f', pax })))[0]?.entry
  const xattrs = entry && 'xattrs' in entry ? entry.xattrs : undefined
  expect([...(xattrs ?? [])].map(([name, value]) => [name, Buffer.from(value)])).toEqual([
    ['security.capability', capability],
    ['user.note', Buffer.from('a=b\n')],
  ])
})

describe('numbers', () => {
  test('base-256', async () => {
    const uid = Buffer.from([0x80, 0, 0, 0, 0, 0x2d, 0xc6, 0xc0])
    expect((await read(tar({ name: 'f', raw: { 108: uid } })))[0]?.entry).toMatchObject({ uid: 3_000_000 })
  })

  test('octal with blanks before and NUL or blank behind', async () => {
    expect((await read(tar({ name: 'f', raw: { 108: '   144 \0' } })))[0]?.entry).toMatchObject({ uid: 100 })
    expect((await read(tar({ name: 'f', raw: { 108: Buffer.alloc(8) } })))[0]?.entry).toMatchObject({ uid: 0 })
  })

  test('type bits in the mode are no permissions', async () => {
    expect((await read(tar({ name: 'f', raw: { 100: '0100755\0' } })))[0]?.entry).toMatchObject({ mode: 0o755 })
  })

  test('the size of a link or directory means nothing', async () => {
    const archive = tar({ name: 'l', type: '2', link: 'x', size: 700 }, { name: 'd', type: '5', size: 9 }, 'f f=1')
    expect(await paths(archive)).toEqual(['l', 'd', 'f'])
  })
})

describe('sparse files', () => {
  const expected = Buffer.concat([Buffer.from('abc'), Buffer.alloc(7), Buffer.from('de'), Buffer.alloc(8)]).toString()
  const whole = async (bytes: Uint8Array) => (await read(bytes)).map(({ entry, text }) => [entry.path, text])

  test('PAX form 0.1: the map is a record', async () => {
    const pax = {
      'GNU.sparse.size': '20',
      'GNU.sparse.numblocks': '2',
      'GNU.sparse.map': '0,3,10,2',
      'GNU.sparse.name': 's',
    }
    expect(await whole(tar({ name: 'x', body: 'abcde', pax }, 'f next=n'))).toEqual([
      ['s', expected],
      ['next', 'n'],
    ])
  })

  test('PAX form 1.0: the map stands before the data', async () => {
    const pax = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 's',
      'GNU.sparse.realsize': '20',
    }
    const map = Buffer.alloc(512)
    map.write('2\n0\n3\n10\n2\n')
    const body = Buffer.concat([map, Buffer.from('abcde')])
    expect(await whole(tar({ name: 'x', body, pax }))).toEqual([['s', expected]])
  })

  test('the old GNU form: the map is in the header and the blocks after it', async () => {
    const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`
    const map = [octal(0), octal(3), octal(10), octal(2)].join('')
    const raw = { 257: 'ustar  \0', 386: map, 483: octal(20) }
    expect(await whole(tar({ name: 's', type: 'S', body: 'abcde', raw }, 'f next=n'))).toEqual([
      ['s', expected],
      ['next', 'n'],
    ])
  })

  test.skipIf(!hasProgram('tar'))('as GNU tar writes them, in each form (needs tar)', async () => {
    const directory = await scratch()
    runProgram('truncate', '-s', '2M', join(directory, 's'))
    for (let at = 0; at < 10; at++)
      runProgram(
        'sh',
        '-c',
        'printf part | dd of="$0" bs=1 seek="$1" conv=notrunc 2>/dev/null',
        join(directory, 's'),
        String(at * 190_000),
      )
    const content = pipeThrough(Buffer.alloc(0), 'cat', join(directory, 's')).toString()
    for (const form of [
      '--format=gnu',
      '--format=pax --sparse-version=0.0',
      '--format=pax --sparse-version=0.1',
      '--format=pax --sparse-version=1.0',
    ]) {
      const archive = pipeThrough(Buffer.alloc(0), 'tar', '-c', '-S', ...form.split(' '), '-C', directory, 's')
      expect(archive.length).toBeLessThan(1_000_000)
      const [member] = await read(archive)
      expect(member?.entry).toMatchObject({ path: 's', size: 2 ** 21 })
      expect(member?.text === content).toBe(true)
    }
  })
})

test.skipIf(!hasProgram('tar'))('every format that GNU tar writes says the same (needs tar)', async () => {
  const directory = await scratch()
  const long = `${'d'.repeat(100)}/${'e'.repeat(100)}`
  mkdirSync(join(directory, long), { recursive: true })
  writeFileSync(join(directory, long, 'file'), 'content', { mode: 0o600 })
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff, 0xfe])]), 'odd')
  runProgram('ln', join(directory, long, 'file'), join(directory, 'zlink'))
  const archives = ['gnu', 'pax', 'oldgnu'].map((format) =>
    pipeThrough(
      Buffer.alloc(0),
      'tar',
      '-c',
      `--format=${format}`,
      '--sort=name',
      '--mtime=@1500000000',
      '-C',
      directory,
      '.',
    ),
  )
  const [gnu, ...others] = await Promise.all(archives.map((archive) => read(archive)))
  expect(gnu?.map(({ entry }) => entry.path)).toEqual([
    '',
    'd'.repeat(100),
    long,
    `${long}/file`,
    'zlink',
    '\udcff\udcfe',
  ])
  for (const other of others) {
    expect(other.map(({ entry, text }) => ({ entry, text }))).toEqual(gnu?.map(({ entry, text }) => ({ entry, text })))
  }
})
