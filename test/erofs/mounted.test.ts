import {
  createReadStream,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Change, treePath, unpackTar } from '../../src/tree/index.ts'
import {
  changesOf,
  emptyFolder,
  erofsProblem,
  everythingIn,
  faultsIn,
  hasFsckErofs,
  imageOf,
  mountOf,
  placeOf,
  tarOf,
} from '../support/erofs.ts'
import { tries } from '../support/fuzz.ts'
import { encodeMember, end, type TestMember, tar } from '../support/tar.ts'
import { change } from '../support/tree.ts'

const problem = await erofsProblem()
const hasFsck = hasFsckErofs()
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')

/** The same archive unpacked and mounted shows the same; and `fsck.erofs` finds nothing, where there is one. */
async function compare(bytes: Uint8Array): Promise<void> {
  const archive = await tarOf(bytes)
  const directory = await emptyFolder()
  const unpacked = await outcome(() => unpackTar(createReadStream(archive), directory, { devices: 'make' }))
  const changes = await outcome(() => changesOf(archive))
  if (changes instanceof Error) {
    expect(unpacked).toBeInstanceOf(Error)
    return
  }
  const { image, mounted } = await mountOf(changes, archive)
  using at = mounted
  expect(everythingIn(at.path)).toEqual(everythingIn(directory))
  if (hasFsck) expect(faultsIn(image, archive)).toBe('')
}

async function outcome<T>(work: () => Promise<T>): Promise<T | Error> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

describe.skipIf(problem !== '')(`the mounted image of a layer ${problem && `(skipped: ${problem})`}`, () => {
  it('shows what unpacking makes: every kind, attribute and byte', () =>
    compare(
      tar(
        { name: './', type: '5', mode: 0o711, uid: 3, gid: 4, mtime: 77 },
        'd empty/',
        { name: 'd', type: '5', mode: 0o3775, uid: 70_000, gid: 4_294_967_294, mtime: 8_589_934_591 },
        'f d/nothing=',
        'f d/little=hi',
        { name: 'd/su', body: 'x'.repeat(1500), mode: 0o6755, uid: 65_535, gid: 65_536, mtime: 1_700_000_000 },
        'h d/twin->d/su',
        'h triplet->d/su',
        's link->../../elsewhere',
        { name: 'long', type: '2', link: 'x', pax: { linkpath: 'y/'.repeat(700) } },
        'p d/fifo',
        'c null 1:3',
        'b disk 259:70000',
        { name: 'capable', body: 'x', pax: { 'SCHILY.xattr.security.capability': capability } },
        { name: 'd/marked', type: '5', pax: { 'SCHILY.xattr.user.a': 'b', 'SCHILY.xattr.user.c': '' } },
        'f gone/.wh.old=',
        'f opaque/.wh..wh..opq=',
        'f implied/by/this=x',
      ),
    ))

  it('leaves out attributes that the kernel would not set', () =>
    compare(
      tar(
        { name: 'short', body: 'x', pax: { 'SCHILY.xattr.security.capability': 'abc' } },
        { name: 'first', body: 'x', pax: { 'SCHILY.xattr.security.capability': Buffer.alloc(12, 1) } },
        { name: 'l', type: '2', link: 'x', pax: { 'SCHILY.xattr.user.a': 'b' } },
        { name: 'p', type: '6', pax: { 'SCHILY.xattr.user.a': 'b' } },
        { name: 'n', body: '', pax: { 'SCHILY.xattr.user.': 'b' } },
      ),
    ))

  it('shows an opaque root, and attributes of the root', () =>
    compare(tar({ name: './', type: '5', pax: { 'SCHILY.xattr.user.a': 'b' } }, 'f .wh..wh..opq=', 'f x=1')))

  it('shows names of any bytes and of 255 bytes, in the order of bytes', () =>
    compare(
      tar(
        ...['!', '-', '.a', '..b', '...', '/', '0', 'é', 'e\u0301', '\ud7ff', '\ue000', '😀']
          .filter((text) => text !== '/')
          .map((text) => `f ${text}=${text}`),
        { name: Buffer.from([0xff, 0xfe]), body: 'x' },
        { name: Buffer.from([0x61, 0x80]), type: '5' },
        { name: 'x', body: '', pax: { path: 'n'.repeat(255) } },
      ),
    ))

  it('finds each of many names in a directory of many blocks', async () => {
    const names = Array.from({ length: 3000 }, (_, index) => `${(index * 7919) % 3001}-${'x'.repeat(index % 60)}`)
    const archive = await tarOf(tar(...names.map((name) => `f many/${name}=${name}`)))
    const { mounted } = await mountOf(await changesOf(archive), archive)
    using at = mounted
    for (const name of names) expect(readFileSync(join(at.path, 'many', name), 'utf8')).toBe(name)
    expect(readdirSync(join(at.path, 'many')).sort()).toEqual([...names].sort())
  })

  it('shows sparse files, whose bytes are in the image', () => {
    const map = '2\n0\n3\n9000\n2\n'
    const records = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9100' }
    return compare(tar({ name: 's', body: map.padEnd(512, '\0').concat('abcde'), pax: records }, 'f after=x'))
  })

  it.each([
    ['4 GiB', 2 ** 32 + 5],
    ['a chunk', 2 ** 40 + 4096],
  ])('shows a file of more than %s', async (_, size) => {
    const archive = await tarOf(new Uint8Array(512))
    const handle = openSync(archive, 'r+')
    ftruncateSync(handle, 512 + Math.ceil(size / 512) * 512)
    writeSync(handle, 'end', 512 + size - 3)
    const { mounted } = await mountOf([{ ...change('file /big'), size, ...hostAt(archive, 512) } as Change], archive)
    using at = mounted
    const bytes = Buffer.alloc(5)
    expect(readSync(openSync(join(at.path, 'big'), 'r'), bytes, 0, 5, size - 5)).toBe(5)
    expect(bytes.toString('latin1')).toBe('\0\0end')
  })

  it('shows what random archives unpack to', async () => {
    const archives = fc.array(member, { minLength: 5, maxLength: 20 })
    const property = fc.asyncProperty(archives, async (members) => compare(archiveOf(await acceptable(members))))
    await fc.assert(property, { seed: 12, ...tries(25) })
  }, 240_000)
})

/** Without the members that cannot stand behind those before. */
async function acceptable(members: readonly TestMember[]): Promise<readonly TestMember[]> {
  const kept: TestMember[] = []
  const archive = await tarOf(end)
  for (const member of members) {
    const more = [...kept, member.type === '1' ? asItsFile(member, kept) : member]
    writeFileSync(archive, archiveOf(more))
    const found = await outcome(() => changesOf(archive))
    if (!(found instanceof Error)) kept.splice(0, kept.length, ...more)
  }
  return kept
}

/** A hard link repeats what its file has; where it does not, the tree and the directory of a layer may differ. */
function asItsFile(link: TestMember, before: readonly TestMember[]): TestMember {
  const { mode, uid, gid, mtime, pax } = before.findLast((member) => member.pax?.['path'] === link.link) ?? link
  return {
    ...link,
    mode: mode ?? 0,
    uid: uid ?? 0,
    gid: gid ?? 0,
    mtime: mtime ?? 0,
    pax: { ...pax, path: link.pax?.['path'] ?? '' },
  }
}

function archiveOf(members: readonly TestMember[]): Buffer {
  return Buffer.concat([...members.map(encodeMember), end])
}

describe.skipIf(problem !== '')('attacks, mounted', () => {
  const attacks: Readonly<Record<string, readonly (string | TestMember)[]>> = {
    'A02 absolute name': ['f /etc/tsb=x'],
    'A03 link then file through it': [
      's x->/tmp',
      'f x/canary=bad',
      's up->../../..',
      'f up/canary3=bad',
      's r->/',
      'f r/top=1',
    ],
    'A03 link through a missing folder': ['s out->/tmp', 's x->nothing/../out/dir', 'f x/inside=bad'],
    'A04 folder, replaced by a link, then a child': ['d a/', 'f a/first=', 's a->/tmp', 'f a/canary=bad'],
    'A05 two Unicode forms': ['f caf\u00e9=1', 'f cafe\u0301=2'],
    'A06 backslashes': ['f ..\\x=1', 'f C:..\\x=1'],
    'A08 hard link to a host file': ['h y->/etc/passwd'],
    'A08 hard link through a link': ['s x->/etc', 'h y->x/passwd'],
    'A09 a write to a linked name': ['f a=1', 'h b->a', 'f b=2'],
    'A09 a hard link to a link, then a write': ['s a->/etc/passwd', 'h c->a', 'f c=bad'],
    'A11 A12 texts of links': ['s l->/abs/../../x', 's lib->../usr/lib', 's slash->dir/'],
    'A14 one name of different kinds': ['f p=1', 's p->/etc/passwd', 'f p=2', 'd p/', 'f p/x=3', 'p p'],
    'A15 mode and owner of a link': [{ name: 'm', type: '2', link: '/etc/passwd', mode: 0o777, uid: 5 }],
    'A16 devices and fifos': ['c sda 8:0', 'p q', 'b disk 8:0'],
    'A17 the device that deletes': ['c etc 0:0'],
    'A18 attributes of overlayfs': [
      {
        name: 'd',
        type: '5',
        pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y', 'SCHILY.xattr.user.overlay.redirect': '/etc' },
      },
      {
        name: 'f',
        body: 'x',
        pax: { 'SCHILY.xattr.trusted.overlay.metacopy': '', 'SCHILY.xattr.security.selinux': 'x' },
      },
    ],
    'A21 another size in the extended header': [
      { name: 'a', body: 'x'.repeat(600), size: 0, pax: { size: '600' } },
      'f b=1',
    ],
    'A28 an archive behind the end': [
      'f a=1',
      ...Array(2).fill({ name: 'x', raw: { 0: Buffer.alloc(512), 148: Buffer.alloc(8) } }),
      'f b=2',
    ],
    'A35 names of any bytes': [
      { name: Buffer.from([0xff, 0xfe]), body: 'x' },
      { name: 'a\nb', body: '' },
    ],
    'A36 times out of range': [{ name: 'a', body: '', pax: { mtime: '1e400' } }],
    'A36 times before 1970': [{ name: 'a', body: '', pax: { mtime: '-62135596801' } }],
    'B02 a mark below a link': ['s x->/etc', 'f x/.wh.passwd='],
    'B03 an opaque mark below a link': ['s l->/tmp', 'f l/.wh..wh..opq='],
    'B04 a mark behind new files': ['f a/new=1', 'f a/.wh..wh..opq='],
    'B06 deleted and made again': ['f .wh.d=', 'f d=1', 'd e/', 'f .wh.e='],
    'B07 marks of old file systems': ['f .wh..wh.plnk=', 'f .wh..wh.aufs=', 'f a=1'],
  }
  it.each(Object.entries(attacks))('%s', (_, members) => compare(tar(...members)))
})

it.skipIf(!hasFsck)('fsck.erofs and dump.erofs take an image (needs erofs-utils 1.7)', async () => {
  const archive = await tarOf(
    tar('d a/', 'f a/f=text', 'h a/h->a/f', 's l->a', 'f .wh.x=', 'c null 1:3', 'f a/b/.wh..wh..opq='),
  )
  const image = await imageOf(await changesOf(archive), archive)
  expect(faultsIn(image, archive)).toBe('')
})

describe.skipIf(problem !== '')('the end of a mount', () => {
  it('comes with its last handle', async () => {
    const archive = await tarOf(tar('f a=x'))
    const { mounted } = await mountOf(await changesOf(archive), archive)
    expect(readFileSync(placeOf(mounted.path, 'a'), 'utf8')).toBe('x')
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain('erofs')
    mounted[Symbol.dispose]()
    expect(() => readFileSync(placeOf(mounted.path, 'a'))).toThrow('ENOENT')
  })
})

function hostAt(path: string, offset: number) {
  return { content: { kind: 'host' as const, path, offset } }
}

const piece = fc.constantFrom('a', 'b', 'c', '-', 'é', '\u{10ffff}', 'x'.repeat(90))
const place = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => treePath(pieces.join('/')))
const body = fc.constantFrom(0, 1, 300, 511, 512, 513, 5000).map((size) => Buffer.alloc(size, 'text'))
const attributes = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1, 65_535, 65_536, 4_294_967_294),
  gid: fc.constantFrom(0, 1, 65_535, 65_536),
  mtime: fc.constantFrom(0, 1, 1_700_000_000, 4_294_967_296),
  // The kernel sets an empty capability, which it can then not read.
  pax: fc.record(
    {
      'SCHILY.xattr.user.a': fc.constantFrom('', 'value'),
      'SCHILY.xattr.user.long': fc.constantFrom('x'.repeat(600), 'y'.repeat(37)),
      'SCHILY.xattr.security.capability': fc.constantFrom<string | Buffer>(capability, 'nonsense'),
    },
    { requiredKeys: [] },
  ),
})
const kind = fc.oneof(
  { weight: 6, arbitrary: body.map((bytes): Partial<TestMember> => ({ body: bytes })) },
  { weight: 3, arbitrary: fc.constant<Partial<TestMember>>({ type: '5' }) },
  { weight: 2, arbitrary: place.map((link): Partial<TestMember> => ({ type: '1', link })) },
  {
    weight: 2,
    arbitrary: fc.string({ minLength: 1, maxLength: 90 }).map((link): Partial<TestMember> => ({ type: '2', link })),
  },
  fc.constant<Partial<TestMember>>({ type: '6' }),
  fc
    .tuple(fc.nat(4095), fc.integer({ min: 1, max: 2 ** 20 - 1 }))
    .map((device): Partial<TestMember> => ({ type: '3', device })),
)
const ordinary = fc
  .tuple(place, attributes, kind)
  .map(([name, all, more]): TestMember => ({ name: 'x', ...all, ...more, pax: { ...all.pax, path: name } }))
const marked = fc
  .tuple(place, fc.constantFrom('.wh..wh..opq', '.wh.a', '.wh.b'))
  .map(([name, mark]): TestMember => ({ name: 'x', body: '', pax: { path: `${name}/${mark}` } }))
const member = fc.oneof({ weight: 6, arbitrary: ordinary }, { weight: 1, arbitrary: marked })
