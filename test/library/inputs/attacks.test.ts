import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { build } from '../../../src/index.ts'
import { buildFrom } from '../../support/inputs.ts'
import { encodeMember, end, inPieces, type TestMember, tar } from '../../support/tar.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const dockerfile = { name: 'Dockerfile', body: 'FROM scratch\nCOPY . /\n' }

describe('an archive as the context', () => {
  let workspace: Workspace
  let outside: string
  let canary: string
  beforeAll(async () => {
    workspace = await openWorkspace()
    outside = join(workspace.directory, 'outside')
    canary = join(outside, 'canary')
  })
  beforeEach(() => workspace.write({ 'outside/canary': 'CANARY' }))
  afterAll(() => workspace[Symbol.asyncDispose]())

  /** Builds the members, and gives the files of the image but the Dockerfile. */
  async function built(...members: readonly (string | TestMember)[]): Promise<readonly string[]> {
    return filesOf(tar(dockerfile, ...members))
  }

  async function filesOf(bytes: Uint8Array): Promise<readonly string[]> {
    const { files } = await buildFrom(workspace, { context: { tar: inPieces(bytes, 65_000) } })
    expectUnharmed()
    return files.filter((line) => !line.includes('/Dockerfile '))
  }

  /** It is refused with this code, and leaves nothing. */
  async function refused(code: string, bytes: Uint8Array): Promise<void> {
    const attempt = buildFrom(workspace, { context: { tar: inPieces(bytes, 65_000) } })
    await expect(attempt).rejects.toEqual(expect.objectContaining({ code }))
    expectUnharmed()
  }

  /** The canary is neither read nor written, and no part of an archive stays. */
  function expectUnharmed(): void {
    expect(readFileSync(canary, 'utf8')).toBe('CANARY')
    expect(readdirSync(outside)).toEqual(['canary'])
    const { root } = workspace.environment
    expect(execFileSync('find', [join(root, 'tmp'), '-type', 'f'], { encoding: 'utf8' })).toBe('')
    expect(execFileSync('sh', ['-c', `grep -rl CANARY ${root} || :`], { encoding: 'utf8' })).toBe('')
  }

  it('A01 a name that climbs out is refused', () =>
    refused('TSB_ARCHIVE_ESCAPE', tar(dockerfile, 'f ../../../canary2=x')))

  it('A02 an absolute name is one from the root of the context', async () => {
    expect(await built('f /etc/tsb=x')).toEqual(['directory 0755 0:0 /etc', 'file 0644 0:0 /etc/tsb x'])
    expect(existsSync('/etc/tsb')).toBe(false)
  })

  it('A03 a file through a link lands inside', async () => {
    const files = await built(`s x->${outside}`, 'f x/canary=bad')
    expect(files).toContain(`file 0644 0:0 ${canary} bad`)
  })

  it('A04 a directory that became a link is one', async () => {
    const files = await built('d a/', `s a->${outside}`, 'f a/canary=bad')
    expect(files).toContain(`file 0644 0:0 ${canary} bad`)
  })

  it('A05 two Unicode forms are two names', async () => {
    expect(await built({ name: 'caf\u00e9', body: '1' }, { name: 'cafe\u0301', body: '2' })).toHaveLength(2)
  })

  it('A06 a backslash is an ordinary byte', async () => {
    expect(await built('f ..\\x=1')).toEqual(['file 0644 0:0 /..\\x 1'])
  })

  it('A07 100,000 nested directories are refused', () =>
    refused('TSB_ARCHIVE_DEPTH', tar(dockerfile, { name: 'x', pax: { path: 'a/'.repeat(100_000) } })))

  it.each(['h y->/etc/passwd', 'h y->../../canary', 'h y->canary'])('A08 A10 %s leads to no file of it', (line) =>
    refused('TSB_ARCHIVE_LINK', tar(dockerfile, line)),
  )

  it('A09 a hard link through a chain of links stays inside', async () => {
    await refused('TSB_ARCHIVE_LINK', tar(dockerfile, 's a->b', `s b->${outside}`, 'h c->a/canary', 'f c=bad'))
    const files = await built('f one=1', 'h two->one', 'f two=2')
    expect(files).toEqual(['file 0644 0:0 /one 1', 'file 0644 0:0 /two 2'])
  })

  it('A11 A12 the text of a link stays as it is', async () => {
    expect(await built('s l->/abs/../../x', 's up->../usr/lib')).toEqual([
      'symlink 0777 0:0 /l -> /abs/../../x',
      'symlink 0777 0:0 /up -> ../usr/lib',
    ])
  })

  it('A13 a root that is no directory is refused', () =>
    refused('TSB_ARCHIVE_ROOT', tar(dockerfile, `s .->${outside}`, 'f canary=bad')))

  it('A14 the last of several entries for one name counts, and nothing is written through it', async () => {
    expect(await built('f p=1', `s p->${canary}`, 'f p=2')).toEqual(['file 0644 0:0 /p 2'])
  })

  it('A15 mode and owner of a link are not those of its target', async () => {
    const before = statSync(canary)
    await built({ name: 'm', type: '2', link: canary, mode: 0o777, uid: 12 })
    expect(statSync(canary)).toMatchObject({ mode: before.mode, uid: before.uid })
  })

  it.each(['c sda 8:0', 'b sda 8:0', 'p q', 'c etc 0:0'])('A16 A17 %s is refused', (line) =>
    refused('TSB_ARCHIVE_DEVICE', tar(dockerfile, line)),
  )

  it('A18 attributes that steer overlayfs are not taken in', async () => {
    const pax = { 'SCHILY.xattr.user.overlay.redirect': '/etc', 'SCHILY.xattr.trusted.overlay.opaque': 'y' }
    expect(await built({ name: 'f', pax })).toEqual([expect.not.stringContaining('[')])
  })

  it('A19 what it holds is kept where no other user of the machine reaches it', async () => {
    await built({ name: 'su', mode: 0o4755 })
    expect(statSync(workspace.environment.root).mode & 0o777).toBe(0o700)
  })

  it('A20 impossible owners are refused', async () => {
    for (const uid of ['4294967295', '-1'])
      await refused('TSB_ARCHIVE_OWNER', tar(dockerfile, { name: 'f', pax: { uid } }))
  })

  it('A21 an archive inside a file is not seen', async () => {
    const inner = tar('f smuggled=1')
    const outer = encodeMember({ name: 'outer', body: inner, size: 0, pax: { size: String(inner.length) } })
    const files = await filesOf(Buffer.concat([encodeMember(dockerfile), outer, end]))
    expect(files).toEqual([expect.stringMatching(/^file 0644 0:0 \/outer /)])
  })

  it('A22 what extended headers say is checked', async () => {
    await refused('TSB_ARCHIVE_ESCAPE', tar(dockerfile, { name: 'x', pax: { path: '../../x' } }))
    await refused('TSB_ARCHIVE_ESCAPE', tar(dockerfile, { name: 'L', type: 'L', body: '../../x\0' }, 'f x=1'))
  })

  it('A23 a global header that moves files is refused', () =>
    refused('TSB_ARCHIVE_GLOBAL', tar(dockerfile, { name: 'g', type: 'g', body: '19 path=etc/shadow\n' }, 'f a=1')))

  it('A24 an extended header of 1 GiB is refused before it is read', () =>
    refused(
      'TSB_ARCHIVE_PAX',
      Buffer.concat([encodeMember(dockerfile), encodeMember({ name: 'x', type: 'x', size: 2 ** 30 }), end]),
    ))

  it('A25 a sparse file with a map of ten million parts, or a hole of 1 TiB, is refused', async () => {
    const sparse = (more: Readonly<Record<string, string>>) => ({
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.realsize': '20',
      ...more,
    })
    const parts = { name: 's', body: '10000000\n'.padEnd(512, '0\n'), pax: sparse({}) }
    await refused('TSB_ARCHIVE_SPARSE', tar(dockerfile, parts))
    const hole = { name: 's', body: '0\n'.padEnd(512, '\0'), pax: sparse({ 'GNU.sparse.realsize': String(2 ** 40) }) }
    await refused('TSB_ARCHIVE_BOMB', tar(dockerfile, hole))
  })

  it('A26 a size that is none is refused', () =>
    refused('TSB_ARCHIVE_SIZE', tar(dockerfile, { name: 'f', raw: { 124: '77777777777-' } })))

  it('A27 a wrong checksum and a cut archive are refused, and nothing of them stays', async () => {
    await refused('TSB_ARCHIVE_HEADER', tar(dockerfile, 'f a=1', { name: 'b', raw: { 148: '0000000\0' } }))
    const bytes = tar(dockerfile, { name: 'f', body: Buffer.alloc(50_000, 'x') })
    await refused('TSB_ARCHIVE_TRUNCATED', bytes.subarray(0, bytes.length / 2))
  })

  it('A28 what comes behind the end mark is not seen', async () => {
    expect(await filesOf(Buffer.concat([tar(dockerfile, 'f a=1'), tar('f second=1')]))).toEqual(['file 0644 0:0 /a 1'])
  })

  it('A29 an archive that is out of proportion to what was sent is refused', async () => {
    const size = 200 * 2 ** 20
    const bytes = Buffer.concat([encodeMember(dockerfile), encodeMember({ name: 'z', size }), Buffer.alloc(size), end])
    await refused('TSB_ARCHIVE_BOMB', zstdCompressSync(bytes))
  })

  it('A30 a zstd window of 2 GiB is refused', () =>
    refused('TSB_ARCHIVE_WINDOW', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00])))

  it('A31 no program of the PATH unpacks it', async () => {
    const ran = join(workspace.directory, 'ran')
    const script = `#!/bin/sh\ntouch ${ran}\n`
    workspace.write({ 'bin/xz': script, 'bin/gzip': script, 'bin/unpigz': script, 'bin/tar': script })
    execFileSync('sh', ['-c', 'chmod +x bin/*'], { cwd: workspace.directory })
    const bytes = execFileSync('xz', ['-c'], { input: tar(dockerfile, 'f a=1') })
    const environment = { ...workspace.environment, env: { PATH: `${workspace.directory}/bin` } }
    await build({ context: { tar: inPieces(bytes) } }, environment)
    expect(existsSync(ran)).toBe(false)
  })

  it('A32 all members of a gzip are read, and garbage between them is refused', async () => {
    const bytes = tar(dockerfile, 'f a=1')
    const [one, two] = [gzipSync(bytes.subarray(0, 1000)), gzipSync(bytes.subarray(1000))]
    expect(await filesOf(Buffer.concat([one, two]))).toEqual(['file 0644 0:0 /a 1'])
    await refused('TSB_ARCHIVE_DAMAGED', Buffer.concat([one, Buffer.from('garbage'), two]))
  })

  it('A34 links in a circle are refused', () =>
    refused('TSB_PATH_LOOP', tar(dockerfile, 's a->b', 's b->a', 'f a/x=1')))

  it('A35 a NUL in a name is refused, other bytes stay', async () => {
    await refused('TSB_ARCHIVE_NAME', tar(dockerfile, { name: 'x', pax: { path: 'a\0b' } }))
    const [line] = await built({ name: Buffer.from([0x61, 0xff, 0xfe]), body: '1' })
    expect(line).toBe('file 0644 0:0 /a\udcff\udcfe 1')
  })

  it('A36 times are clamped to what a tar can hold, or refused', async () => {
    const at = (mtime: string) => tar(dockerfile, { name: 'f', pax: { mtime } })
    for (const mtime of ['-62135596801', '300000000000', '1.5']) expect(await filesOf(at(mtime))).toHaveLength(1)
    await refused('TSB_ARCHIVE_TIME', at('abc'))
    await refused('TSB_ARCHIVE_TIME', at('1e400'))
  })

  it('B05 names that delete in a layer are refused when they are copied', () =>
    refused('TSB_WHITEOUT_RESERVED', tar(dockerfile, 'f .wh.etc=')))

  it('C01 C02 COPY of what a link leads out to is refused, by the link or below it', async () => {
    for (const source of ['l', 'd/canary']) {
      const copy = { name: 'Dockerfile', body: `FROM scratch\nCOPY ${source} /\n` }
      await refused('TSB_CONTEXT_ESCAPE', tar(copy, `s l->${canary}`, `s d->${outside}`))
    }
  })

  it('C08 a Dockerfile that is a link to a file of this machine is not read', () =>
    refused('TSB_DOCKERFILE_NOT_FOUND', tar(`s Dockerfile->${canary}`)))
})
