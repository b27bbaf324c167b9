import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { getuid } from 'node:process'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { build } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { type Outside, putCanary } from '../support/canary.ts'
import { erofsProblem } from '../support/erofs.ts'
import { blobOf, contentsOf, fakeImage, serve } from '../support/fake-image.ts'
import { startServer } from '../support/http-server.ts'
import { buildFrom } from '../support/inputs.ts'
import { hasProgram } from '../support/programs.ts'
import { code } from '../support/pulling.ts'
import { encodeMember, end, type TestMember, tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const isRoot = getuid?.() === 0
const canRun = isRoot && hasBusyboxBase
const withoutErofs = canRun ? await erofsProblem() : 'it takes root'

let workspace: Workspace
let outside: Outside
beforeEach(async () => {
  workspace = await openWorkspace()
  outside = putCanary(workspace)
})
afterEach(() => workspace[Symbol.asyncDispose]())

/** Members and bytes of attacks that need to know where the canary is. */
type Members = readonly (string | TestMember)[]

const sparse = (more: Readonly<Record<string, string>>) => ({
  'GNU.sparse.major': '1',
  'GNU.sparse.minor': '0',
  'GNU.sparse.realsize': '20',
  ...more,
})
const zeroBlock = { name: 'x', raw: { 0: Buffer.alloc(512), 148: Buffer.alloc(8) } }
const zeros = 200 * 2 ** 20
const bomb = () => Buffer.concat([encodeMember({ name: 'z', size: zeros }), Buffer.alloc(zeros), end])
const first = encodeMember({ name: 'first', body: 'x' })
/** More than what is read ahead of the first member. */
const noise = tar('f first=x', { name: 'noise', body: randomBytes(2 ** 20) })
const cut = tar('f first=x', { name: 'f', body: Buffer.alloc(50_000, 'x') })

/** What is refused: by which code as a base layer and as the source of ADD, `inside` when ADD keeps it in its place. */
const refusals: readonly (readonly [title: string, layer: string, add: string, bytes: () => Buffer])[] = [
  ['A01 a name that climbs out', 'TSB_ARCHIVE_ESCAPE', 'inside', () => tar('f first=x', 'f ../../../canary2=x')],
  [
    'A07 100,000 nested directories',
    'TSB_ARCHIVE_DEPTH',
    'TSB_ARCHIVE_DEPTH',
    () => tar('f first=x', { name: 'x', pax: { path: 'a/'.repeat(100_000) } }),
  ],
  [
    'A08 a hard link to a host file',
    'TSB_ARCHIVE_LINK',
    'TSB_ARCHIVE_LINK',
    () => tar('f first=x', 'h y->/etc/passwd'),
  ],
  [
    'A09 a hard link through links',
    'TSB_ARCHIVE_LINK',
    'TSB_ARCHIVE_PATH',
    () => tar('f first=x', 's a->b', `s b->${outside.folder}`, 'h c->a/canary', 'f c=bad'),
  ],
  [
    'A10 a hard link from the working directory',
    'TSB_ARCHIVE_LINK',
    'TSB_ARCHIVE_LINK',
    () => tar('f first=x', 'h y->canary'),
  ],
  [
    'A13 a root that is a link',
    'TSB_ARCHIVE_ROOT',
    'TSB_ARCHIVE_ROOT',
    () => tar('f first=x', `s .->${outside.folder}`, 'f canary=bad'),
  ],
  ['A17 the device that deletes', 'TSB_ARCHIVE_DEVICE', 'TSB_ARCHIVE_DEVICE', () => tar('f first=x', 'c etc 0:0')],
  [
    'A20 an owner that is none',
    'TSB_ARCHIVE_OWNER',
    'TSB_ARCHIVE_OWNER',
    () => tar('f first=x', { name: 'f', pax: { uid: '-1' } }),
  ],
  [
    'A22 a name in an extended header that climbs out',
    'TSB_ARCHIVE_ESCAPE',
    'inside',
    () => tar('f first=x', { name: 'x', pax: { path: '../../x' } }),
  ],
  [
    'A23 a global header that moves files',
    'TSB_ARCHIVE_GLOBAL',
    'TSB_ARCHIVE_GLOBAL',
    () => tar('f first=x', { name: 'g', type: 'g', body: '19 path=etc/shadow\n' }, 'f a=1'),
  ],
  [
    'A24 an extended header of 1 GiB',
    'TSB_ARCHIVE_PAX',
    'TSB_ARCHIVE_PAX',
    () => Buffer.concat([first, encodeMember({ name: 'x', type: 'x', size: 2 ** 30 }), end]),
  ],
  [
    'A25 a sparse map of ten million parts',
    'TSB_ARCHIVE_SPARSE',
    'TSB_ARCHIVE_SPARSE',
    () => tar('f first=x', { name: 's', body: '10000000\n'.padEnd(512, '0\n'), pax: sparse({}) }),
  ],
  [
    'A25 a hole of 1 TiB',
    'TSB_ARCHIVE_BOMB',
    'TSB_ARCHIVE_BOMB',
    () =>
      tar('f first=x', {
        name: 's',
        body: '0\n'.padEnd(512, '\0'),
        pax: sparse({ 'GNU.sparse.realsize': String(2 ** 40) }),
      }),
  ],
  [
    'A26 a size that is none',
    'TSB_ARCHIVE_SIZE',
    'TSB_ARCHIVE_SIZE',
    () => tar('f first=x', { name: 'f', raw: { 124: '77777777777-' } }),
  ],
  [
    'A27 a wrong checksum',
    'TSB_ARCHIVE_HEADER',
    'TSB_ARCHIVE_HEADER',
    () => tar('f first=x', { name: 'b', raw: { 148: '0000000\0' } }),
  ],
  ['A27 an archive cut short', 'TSB_ARCHIVE_TRUNCATED', 'TSB_ARCHIVE_TRUNCATED', () => cut.subarray(0, cut.length / 2)],
  ['A29 a gzip of zeros', 'TSB_ARCHIVE_BOMB', 'TSB_ARCHIVE_BOMB', () => gzipSync(bomb(), { level: 9 })],
  ['A29 a zstd of zeros', 'TSB_ARCHIVE_BOMB', 'TSB_ARCHIVE_BOMB', () => zstdCompressSync(bomb())],
  [
    'A30 a zstd window of 2 GiB',
    'TSB_ARCHIVE_WINDOW',
    'copied',
    () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]),
  ],
  [
    'A32 garbage behind the data of a gzip',
    'TSB_ARCHIVE_DAMAGED',
    'TSB_ARCHIVE_DAMAGED',
    () => Buffer.concat([gzipSync(noise), Buffer.from('garbage')]),
  ],
  ['A34 links in a circle', 'TSB_PATH_LOOP', 'TSB_PATH_LOOP', () => tar('f first=x', 's a->b', 's b->a', 'f a/x=1')],
  [
    'A35 a NUL in a name',
    'TSB_ARCHIVE_NAME',
    'TSB_ARCHIVE_NAME',
    () => tar('f first=x', { name: 'x', pax: { path: 'a\0b' } }),
  ],
  [
    'A36 a time that is none',
    'TSB_ARCHIVE_TIME',
    'TSB_ARCHIVE_TIME',
    () => tar('f first=x', { name: 'f', pax: { mtime: '1e400' } }),
  ],
  ['B01 a mark without a name', 'TSB_WHITEOUT_NAME', 'TSB_WHITEOUT_NAME', () => tar('f first=x', 'f a/.wh...=')],
]

describe('an archive that is refused', () => {
  it.each(refusals)('%s, as a base layer', async (_, layerCode, __, bytes) => {
    await using server = await serveLayer(bytes())
    workspace.write({ 'context/.dockerignore': '' })
    const dockerfile = `FROM ${server.host}/app AS s\nFROM scratch\nCOPY --from=s / /\n`
    await expect(workspace.build({ dockerfile })).rejects.toThrow(code(layerCode))
    expectNothingLeft()
  })

  it.each(refusals)('%s, as the source of ADD', async (_, __, outcome, bytes) => {
    writeContext({ 'a.tar': bytes() })
    const made = buildFrom(workspace, { context: 'context', dockerfile: 'FROM scratch\nADD a.tar /d/e/\n' })
    if (outcome === 'inside') expect((await made).files.every((line) => / \/d(\/e(\/.*)?)?( |$)/.test(line))).toBe(true)
    else if (outcome === 'copied') expect((await made).files.join()).toContain('/d/e/a.tar')
    else await expect(made).rejects.toThrow(code(outcome))
    expectNothingLeft()
  })
})

/** What is taken, and what it comes to: the same as a base layer, mounted or unpacked, and as the source of ADD. */
const taken = (): Readonly<Record<string, readonly [Members, readonly string[]]>> => ({
  A02: [['f /etc/tsb=x'], ['etc', 'etc/tsb x']],
  A03: [
    ['d tmp/', 's x->/tmp', 'f x/inside=bad'],
    ['tmp', 'tmp/inside bad', 'x -> /tmp'],
  ],
  A04: [
    ['d tmp/', 'd a/', 's a->/tmp', 'f a/canary=bad'],
    ['a -> /tmp', 'tmp', 'tmp/canary bad'],
  ],
  A05: [
    [
      { name: 'caf\u00e9', body: '1' },
      { name: 'cafe\u0301', body: '2' },
    ],
    ['cafe\u0301 2', 'caf\u00e9 1'],
  ],
  A06: [
    ['f ..\\x=1', 'f C:..\\y=2'],
    ['..\\x 1', 'C:..\\y 2'],
  ],
  A09: [
    ['f one=1', 'h two->one', 'f two=2'],
    ['one 1', 'two 2'],
  ],
  A11: [
    ['s l->/abs/../../x', 's up->../usr/lib'],
    ['l -> /abs/../../x', 'up -> ../usr/lib'],
  ],
  A14: [['f p=1', `s p->${outside.canary}`, 'f p=2'], ['p 2']],
  A15: [[{ name: 'm', type: '2', link: outside.canary, mode: 0o777, uid: 12 }], [`m -> ${outside.canary}`]],
  A28: [['f a=1', zeroBlock, zeroBlock, 'f second=1'], ['a 1']],
  A36: [[{ name: 'f', body: 'x', pax: { mtime: '-62135596801' } }], ['f x']],
})

describe('an archive that is taken', () => {
  it('A02 A03 A04 A05 A06 A09 A11 A12 A14 A15 A28 A36 as the source of ADD: inside, byte for byte', async () => {
    for (const [row, [members, lines]] of Object.entries(taken())) {
      writeContext({ 'a.tar': tar(...members) })
      rmSync(join(workspace.directory, 'out'), { recursive: true, force: true })
      await workspace.build({ dockerfile: 'FROM scratch\nADD a.tar /\n', outputs: [{ type: 'local', dest: 'out' }] })
      expect([row, ...shown(join(workspace.directory, 'out'))]).toEqual([row, ...lines])
    }
    outside.expectUntouched()
  })

  const forms = withoutErofs === '' ? (['erofs', 'overlay', 'copy'] as const) : (['overlay', 'copy'] as const)
  const rows = 'A02 A03 A04 A05 A06 A09 A11 A12 A14 A15 A28 A36'
  describe.skipIf(!canRun)(`as a base layer (${hasBusyboxBase ? 'needs root' : noBusyboxBase})`, () => {
    it.each(forms)(`${rows} as a base layer in a step: inside, byte for byte: %s`, async (snapshotter) => {
      await workspace.import(busyboxBase(), 'base')
      const images = Object.entries(taken())
      const contents = new Map(
        images.flatMap(([row, [members]]) => [...layerImage(row.toLowerCase(), tar(...members))]),
      )
      await using server = await startServer(serve(contents))
      const names = images.map(([row]) => row.toLowerCase())
      const mounts = names.map((name) => `--mount=from=${server.host}/${name},target=/m/${name}`).join(' ')
      const copied = 'mkdir /seen && cd /m && for i in *; do cp -a /m/$i /seen/$i; done'
      const dockerfile = `FROM base\nRUN ${mounts} ${copied}\nFROM scratch\nCOPY --from=0 /seen /\n`
      writeContext({})
      await workspace.build({ dockerfile, snapshotter, outputs: [{ type: 'local', dest: 'out' }] })
      for (const [row, [, lines]] of images) {
        expect([row, ...shown(join(workspace.directory, 'out', row.toLowerCase()))]).toEqual([row, ...lines])
      }
      outside.expectUntouched()
      expect(nodesIn(workspace.environment.root)).toBe('')
    })
  })

  it('A16 A18 A21 as the source of ADD: no node on the disk, no mark of overlayfs, one reader', async () => {
    const inner = tar('f smuggled=1')
    const bytes = tar('c sda 8:0', 'b disk 8:0', 'p q', {
      name: 'marked',
      pax: { 'SCHILY.xattr.user.overlay.redirect': '/etc', 'SCHILY.xattr.trusted.overlay.opaque': 'y' },
    }).subarray(0, -1024)
    const outer = encodeMember({ name: 'outer', body: inner, size: 0, pax: { size: String(inner.length) } })
    writeContext({ 'a.tar': Buffer.concat([bytes, outer, end]) })
    const { files } = await buildFrom(workspace, { context: 'context', dockerfile: 'FROM scratch\nADD a.tar /\n' })
    expect(files.map((line) => line.replace(/ \d+ bytes .*/, ''))).toEqual([
      'block 0644 0:0 /disk 8:0',
      'file 0644 0:0 /marked ',
      'file 0644 0:0 /outer',
      'fifo 0644 0:0 /q',
      'character 0644 0:0 /sda 8:0',
    ])
    expect(nodesIn(workspace.environment.root)).toBe('')
  })

  it('A19 set-uid files of a base layer and of ADD are kept where no other user reaches them', async () => {
    await using server = await serveLayer(tar({ name: 'su', mode: 0o4755, body: 'x' }))
    writeContext({ 'a.tar': tar({ name: 'added', mode: 0o4755, body: 'x' }) })
    const dockerfile = `FROM ${server.host}/app AS s\nFROM scratch\nCOPY --from=s /su /\nADD a.tar /\n`
    const { files } = await buildFrom(workspace, { context: 'context', dockerfile })
    expect(files).toEqual(['file 4755 0:0 /su x', 'file 4755 0:0 /added x'])
    expect(statSync(workspace.environment.root).mode & 0o777).toBe(0o700)
  })

  it.skipIf(!hasProgram('xz'))(
    'A31 no program of PATH, context or image unpacks it, as a base layer or for ADD (needs xz)',
    async () => {
      const ran = join(workspace.directory, 'ran')
      const script = `#!/bin/sh\ntouch ${ran}\n`
      const names = ['xz', 'gzip', 'unpigz', 'pigz', 'tar', 'zstd', 'bzip2']
      mkdirSync(join(workspace.directory, 'bin'))
      for (const name of names) writeFileSync(join(workspace.directory, 'bin', name), script)
      for (const name of names) chmodSync(join(workspace.directory, 'bin', name), 0o755)
      const packed = execFileSync('xz', ['-c'], { input: tar('f added=1') })
      writeContext({ 'a.tar.xz': packed, 'b.tar.gz': gzipSync(tar('f too=1')), xz: script, gzip: script })
      await using server = await serveLayer(gzipSync(tar('f base=1')), { Env: ['PATH=/evil:/bin'] })
      const dockerfile = `FROM ${server.host}/app\nCOPY xz gzip /evil/\nADD a.tar.xz b.tar.gz /d/\n`
      const env = { PATH: `${workspace.directory}/bin:${workspace.directory}/context` }
      const outputs = [{ type: 'local', dest: 'out' }] as const
      await build({ context: 'context', dockerfile, outputs }, { ...workspace.environment, env })
      expect(shown(join(workspace.directory, 'out', 'd'))).toEqual(['added 1', 'too 1'])
      expect(existsSync(ran)).toBe(false)
    },
  )

  it('A32 A35 as a base layer and for ADD: all members of a gzip, names of any bytes', async () => {
    const name = Buffer.from([0x61, 0xff, 0xfe])
    const bytes = tar({ name, body: '1' }, 'f b=2')
    const packed = Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))])
    await using server = await serveLayer(packed)
    writeContext({ 'a.tgz': packed })
    const dockerfile = `FROM ${server.host}/app AS s\nFROM scratch\nCOPY --from=s / /s/\nADD a.tgz /a/\n`
    const { files } = await buildFrom(workspace, { context: 'context', dockerfile })
    const kept = files.filter((line) => line.startsWith('file'))
    expect(kept).toEqual(
      ['s', 'a'].flatMap((at) => [`file 0644 0:0 /${at}/a\udcff\udcfe 1`, `file 0644 0:0 /${at}/b 2`]),
    )
  })
})

/** An image of one layer in a registry, by its name. */
function layerImage(name: string, bytes: Buffer, config: object = {}) {
  const isPacked = bytes.readUInt16BE() === 0x1f8b
  const isZstd = bytes.readUInt32LE() === 0xfd2fb528
  const type = isPacked ? mediaTypes.layerGzip : isZstd ? mediaTypes.layerZstd : mediaTypes.layerTar
  const rootfs = { type: 'layers', diff_ids: [plainDigest(bytes, isPacked)] }
  return contentsOf(name, 'latest', fakeImage({ layer: blobOf(bytes, type), config: { rootfs, config } }))
}

const serveLayer = (bytes: Buffer, config: object = {}) => startServer(serve(layerImage('app', bytes, config)))

/** Of what is damaged or a bomb nobody gets so far as to compare it. */
function plainDigest(bytes: Buffer, isPacked: boolean): string {
  if (!isPacked || bytes.length > 100_000) return sha256(bytes)
  try {
    return sha256(execFileSync('gzip', ['-dc'], { input: bytes, stdio: ['pipe', 'pipe', 'ignore'] }))
  } catch {
    return sha256(bytes)
  }
}

function writeContext(files: Readonly<Record<string, string | Uint8Array>>): void {
  const context = join(workspace.directory, 'context')
  mkdirSync(context, { recursive: true })
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(context, name), bytes)
}

/** Files below a directory, a line each, with text or target; no link is followed. */
function shown(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .flatMap((item) => {
      const place = join(directory, item.name)
      if (item.isSymbolicLink()) return [`${item.name} -> ${readlinkSync(place)}`]
      if (item.isDirectory()) return [item.name, ...shown(place).map((line) => `${item.name}/${line}`)]
      return [`${item.name} ${readFileSync(place, 'utf8')}`]
    })
    .sort()
}

/** Devices on the disk but the marks of overlayfs, which are 0:0. */
function nodesIn(directory: string): string {
  const own = ['!', '-path', join(directory, 'visitors')]
  return execFileSync('find', [directory, '(', '-type', 'b', '-o', '-type', 'p', ')', ...own], { encoding: 'utf8' })
}

/** No part of an archive that was refused stays, and nothing outside was touched. */
function expectNothingLeft(): void {
  outside.expectUntouched(...contextFiles())
  const { root } = workspace.environment
  expect(readdirSync(join(root, 'tmp'))).toEqual([])
  expect(readdirSync(join(root, 'trees'))).toEqual([])
}

function contextFiles(): readonly string[] {
  return readdirSync(join(workspace.directory, 'context')).map((name) => join(workspace.directory, 'context', name))
}
