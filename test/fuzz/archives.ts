import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { encodeMember, end, type TestMember } from '../support/tar.ts'
import { damagedBytes } from './bytes.ts'

const names = [
  ...['a', 'b', 'a/b', 'a/b/c', './a', './', '.', 'd/', 'd/e', 's', 's/x', 's/t/x', '/abs', 'a//b', 'l', 'l/a'],
  ...['.wh.a', 'a/.wh.b', 'a/.wh..wh..opq', '.wh..wh..opq', '.wh.', '.wh..', '.wh..wh.plnk', 's/.wh.x', '.wh.a/b'],
  ...['', '..', '../up', 'a/../b', 'a/../../up', 'a\\b', 'é', 'e\u0301', '\ud83d\ude00', 'a b', 'a\nb', 'A', '...'],
  ...['n'.repeat(99), `${'p/'.repeat(50)}x`],
]
const texts = ['a', 'b', 'a/b', '..', '../outside/canary', '../../outside', '/', '/etc', 's', 'l', 'd', '.', '', 'x\0y']
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names) },
  fc.uint8Array({ minLength: 1, maxLength: 8 }),
)
const link = fc.constantFrom(...texts, 'long/'.repeat(19))
const body = fc.oneof(
  fc.constantFrom('', 'x', 'y'.repeat(511), 'z'.repeat(512), 'w'.repeat(1025)),
  fc.constantFrom('2\n0\n1\n5\n2\n'.padEnd(512, '\0').concat('abc'), '1\n0\n3\n'.padEnd(512, '\0').concat('abc')),
)
const type = fc.constantFrom(...'000055511223467', '\0', 'g', 'x', 'L', 'K', 'S', 'V', 'D', '9')

/** Numbers as a header has them, of 12 bytes: octal, in base 256, and neither. */
const number = fc.oneof(
  fc.nat(70_000).map((value) => `${value.toString(8).padStart(11, '0')}\0`),
  fc.uint8Array({ minLength: 11, maxLength: 11 }).map((rest) => Buffer.from([0x80, ...rest])),
  fc.uint8Array({ minLength: 11, maxLength: 11 }).map((rest) => Buffer.from([0xff, ...rest])),
  fc.nat(70_000).map((value) => Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, value >> 16, value >> 8, value])),
  fc.constantFrom('77777777777\0', '           \0', '-1         \0', '18         \0', '\0'.repeat(12)),
)
const raw = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom(124, 136, 386, 398, 483), number),
      fc.tuple(
        fc.constantFrom(100, 108, 116, 329, 337),
        fc.constantFrom('7777777\0', '0000001\0', '\x80\0\0\0\0\0\x01\0'),
      ),
      fc.tuple(fc.constantFrom(257), fc.constantFrom('ustar  \0', 'ustar\x0000', '\0\0\0\0\0\0\0\0')),
      fc.tuple(fc.constantFrom(345), fc.constantFrom('prefix', 'a', '..', '/x')),
      fc.tuple(fc.nat(511), fc.uint8Array({ minLength: 1, maxLength: 12 })),
    ),
    { maxLength: 2 },
  )
  .map((fields) => Object.fromEntries(fields.map(([at, bytes]) => [at, Buffer.from(bytes).subarray(0, 512 - at)])))

const value = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '3',
    '9',
    '600',
    '-1',
    '1.5',
    '1e9',
    '99999999999999',
    '0,1,5,2',
    '0,0',
    '5,1,0,1',
    'a',
    '../x',
  ),
  fc.string({ maxLength: 9 }),
)
const keys = [
  ...['path', 'linkpath', 'size', 'uid', 'gid', 'mtime', 'atime', 'comment', '__proto__', 'SCHILY.devmajor'],
  ...['GNU.sparse.map', 'GNU.sparse.size', 'GNU.sparse.realsize', 'GNU.sparse.name', 'GNU.sparse.major'],
  ...['GNU.sparse.minor', 'GNU.sparse.numblocks', 'GNU.sparse.offset', 'GNU.sparse.numbytes'],
  ...['SCHILY.xattr.user.a', 'SCHILY.xattr.security.capability', 'SCHILY.xattr.trusted.overlay.opaque'],
]
const pax = fc.oneof(
  { weight: 3, arbitrary: fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3 }) },
  fc.constantFrom<Record<string, string>>(
    { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '9' },
    { 'GNU.sparse.map': '0,1,5,2', 'GNU.sparse.size': '9' },
    { path: 'q/'.repeat(80) },
    { size: '1025' },
  ),
)

/** One member, with anything in it that a header can have. */
export const anyMember: fc.Arbitrary<TestMember> = fc
  .record({ name, type, body, link, raw, pax, said: fc.boolean(), hasPax: fc.nat(3), hasRaw: fc.nat(2) })
  .map(({ said, hasPax, hasRaw, raw, pax, body, ...rest }) => ({
    ...rest,
    ...(said || '0\x007gxLKS'.includes(rest.type) ? { body } : {}),
    ...(hasPax === 0 && { pax }),
    ...(hasRaw === 0 && { raw }),
  }))

/** One member whose fields are what they say. */
export const tidyMember: fc.Arbitrary<TestMember> = fc
  .record({
    name: fc.constantFrom(...names.filter((text) => text !== '' && !text.includes('wh.'))),
    type: fc.constantFrom(...'000005512236'),
    body,
    link: fc.constantFrom(...texts.slice(0, -2)),
    mode: fc.nat(0o7777),
    mtime: fc.nat(2 ** 31),
    long: fc.constantFrom<'' | 'pax' | 'gnu'>('', '', '', 'pax', 'gnu'),
  })
  .map(({ long, body, ...member }) => ({
    ...member,
    ...(member.type === '0' && { body }),
    ...(member.type === '3' && { device: [1, 3] as const }),
    ...(member.type === '5' && !member.name.endsWith('/') && { name: `${member.name}/` }),
    ...(long === 'pax' && { pax: { path: `far/${member.name}` } }),
    ...(long === 'gnu' && { longName: `${'g'.repeat(120)}/${member.name}` }),
  }))

/** Members as an archive; a `longName` stands in a GNU header before its member. */
export function archiveOf(members: readonly (TestMember & { readonly longName?: string })[]): Buffer {
  const parts = members.flatMap(({ longName, ...member }) => [
    ...(longName === undefined ? [] : [encodeMember({ name: '././@LongLink', type: 'L', body: `${longName}\0` })]),
    encodeMember(member),
  ])
  return Buffer.concat([...parts, end])
}

const formats = ['v7', 'oldgnu', 'gnu', 'ustar', 'posix']
const stable = [
  ...['--sort=name', '--mtime=@1000', '--owner=7', '--group=8', '--numeric-owner', '--sparse', '--ignore-failed-read'],
]
const paxStable = ['--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime', '--sparse-version=1.0']

/** Archives that GNU tar made of a few files, one in each of its formats; none where there is no GNU tar. */
function realArchives(): readonly Buffer[] {
  const folder = mkdtempSync(join(tmpdir(), 'tsbuild-fuzz-'))
  try {
    mkdirSync(join(folder, 'd', 'n'.repeat(90)), { recursive: true })
    writeFileSync(join(folder, 'd', 'n'.repeat(90), 'm'.repeat(60)), 'deep')
    writeFileSync(join(folder, 'd', 'f'), 'text'.repeat(300))
    linkSync(join(folder, 'd', 'f'), join(folder, 'h'))
    symlinkSync('t'.repeat(120), join(folder, 's'))
    writeFileSync(join(folder, 'sparse'), 'begin')
    truncateSync(join(folder, 'sparse'), 200_000)
    return formats.flatMap((format) => {
      const more = format === 'posix' ? paxStable : []
      const { stdout } = spawnSync('tar', ['-c', `--format=${format}`, ...stable, ...more, '-C', folder, '.'])
      return stdout && stdout.length > 1024 ? [stdout] : []
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const ends = fc.constantFrom(end, Buffer.alloc(0), Buffer.alloc(512))
const made = fc
  .tuple(fc.array(anyMember, { maxLength: 6 }), ends)
  .map(([members, last]) => Buffer.concat([...members.map(encodeMember), last]))
const real = realArchives()
const whole = real.length > 0 ? fc.oneof(made, fc.constantFrom(...real)) : made

/** The bytes of an archive that somebody made or damaged; checksums mostly are as the damage wants. */
export const anyArchive: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 3, arbitrary: made },
  {
    weight: 3,
    arbitrary: fc.tuple(damagedBytes(whole, 4), fc.boolean()).map(([bytes, mend]) => (mend ? mended(bytes) : bytes)),
  },
  { weight: 1, arbitrary: fc.tuple(whole, whole).map((both) => Buffer.concat(both)) },
)

/** With the right checksum in each block that calls itself a header. */
function mended(bytes: Buffer): Buffer {
  const all = Buffer.from(bytes)
  for (let at = 0; at + 512 <= all.length; at += 512) {
    const block = all.subarray(at, at + 512)
    if (block.toString('latin1', 257, 262) !== 'ustar') continue
    block.fill(' ', 148, 156)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  }
  return all
}
