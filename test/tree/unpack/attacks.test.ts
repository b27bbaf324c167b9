import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { getXattr, setXattr } from '../../../src/syscalls/index.ts'
import { applyLayer, tarIndex, treeOfUpper, unpackTar, walk } from '../../../src/tree/index.ts'
import { scratch } from '../../support/scratch.ts'
import { inPieces, type TestMember, tar } from '../../support/tar.ts'

const isRoot = process.geteuid?.() === 0
const refusal = (code: string) => expect.objectContaining({ code })

/** A host with a canary outside of the directory that is unpacked into. */
interface World {
  /** `$T` of the security cases. */
  readonly host: string
  /** The directory to unpack into. */
  readonly root: string
  readonly unpack: (...members: readonly (string | TestMember)[]) => Promise<unknown>
}
type Way = readonly [name: string, unpack: (members: Buffer, root: string) => Promise<unknown>]

/** Each attack is run by each way in which an archive becomes files. */
const ways: readonly Way[] = [
  ['unpackTar of a layer', (bytes, root) => unpackTar(inPieces(bytes), root)],
  ['unpackTar for ADD', (bytes, root) => unpackTar(inPieces(bytes), root, { form: 'add' })],
  ['unpackTar of a context', (bytes, root) => unpackTar(inPieces(bytes), root, { form: 'context' })],
  ['applyLayer', (bytes, root) => applyLayer(inPieces(bytes), root)],
]

async function world(way: Way): Promise<World> {
  const host = await scratch()
  const root = join(host, 'store', 'root')
  mkdirSync(root, { recursive: true })
  mkdirSync(join(host, 'dir'))
  writeFileSync(join(host, 'dir', 'inside'), 'CANARY')
  writeFileSync(join(host, 'canary'), 'CANARY', { mode: 0o640 })
  const { ino, mode, mtimeMs } = lstatSync(join(host, 'canary'))
  onTestFinished(() => {
    const now = lstatSync(join(host, 'canary'))
    expect([now.ino, now.mode, now.mtimeMs, now.nlink]).toEqual([ino, mode, mtimeMs, 1])
    expect(readFileSync(join(host, 'canary'), 'utf8')).toBe('CANARY')
    expect(readdirSync(join(host, 'dir'))).toEqual(['inside'])
    expect(readdirSync(host).sort()).toEqual(['canary', 'dir', 'store'])
    expect(readdirSync(join(host, 'store'))).toEqual(['root'])
  })
  return { host, root, unpack: (...members) => way[1](tar(...members), root) }
}

describe.skipIf(!isRoot).each(ways)('A37 no library decides where bytes go: %s (needs root)', (...way) => {
  test('A01 name that climbs out', async () => {
    const { root, unpack } = await world(way)
    await unpack('f ok=', 'f ../../../canary2=x').catch((error: unknown) =>
      expect(error).toEqual(refusal('TSB_ARCHIVE_ESCAPE')),
    )
    expect(existsSync(join(root, '../canary2'))).toBe(false)
  })

  test('A02 absolute name', async () => {
    const { root, unpack } = await world(way)
    await unpack('f /etc/tsb=x')
    expect(readFileSync(join(root, 'etc/tsb'), 'utf8')).toBe('x')
    expect(existsSync('/etc/tsb')).toBe(false)
  })

  test('A03 link then file through it', async () => {
    const { host, root, unpack } = await world(way)
    await unpack(`s x->${host}`, 'f x/canary=bad', 's up->../../..', 'f up/canary3=bad', 's r->/', 'f r/top=1')
    expect(readFileSync(join(root, host, 'canary'), 'utf8')).toBe('bad')
    expect(readdirSync(root).sort()).toEqual([host.split('/')[1], 'canary3', 'r', 'top', 'up', 'x'].sort())
  })

  test('A03 link that goes through a missing folder and back up to another link', async () => {
    const { host, root, unpack } = await world(way)
    await unpack(`s out->${host}`, 's x->nothing/../out/dir', 'f x/inside=bad')
    expect(readFileSync(join(root, host, 'dir/inside'), 'utf8')).toBe('bad')
  })

  test('A04 folder, replaced by a link, then a child', async () => {
    const { host, root, unpack } = await world(way)
    await unpack('d a/', 'f a/first=', `s a->${host}`, 'f a/canary=bad')
    expect(readlinkSync(join(root, 'a'))).toBe(host)
    expect(readFileSync(join(root, host, 'canary'), 'utf8')).toBe('bad')
  })

  test('A08 hard link to a host file', async () => {
    const { host, root, unpack } = await world(way)
    for (const target of ['/etc/passwd', '../../canary', join(host, 'canary'), 'nothing']) {
      await expect(unpack(`h y->${target}`)).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
      expect(existsSync(join(root, 'y'))).toBe(false)
    }
  })

  test('A08 hard link through a link, or to what is no file', async () => {
    const { host, unpack } = await world(way)
    await expect(unpack(`s x->${host}`, 'h y->x/canary')).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
    await expect(unpack('d d/', 'h y->d')).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
  })

  test('A09 hard link through a chain of links, then a write to it', async () => {
    const { host, unpack } = await world(way)
    await expect(unpack('s a->b', `s b->${host}`, 'h c->a/canary', 'f c=bad')).rejects.toEqual(
      refusal('TSB_ARCHIVE_LINK'),
    )
  })

  test('A09 a write to a linked name breaks the link first', async () => {
    const { root, unpack } = await world(way)
    await unpack('f a=1', 'h b->a', 'f b=2')
    expect([readFileSync(join(root, 'a'), 'utf8'), readFileSync(join(root, 'b'), 'utf8')]).toEqual(['1', '2'])
  })

  test('A09 a hard link to a link is a link, and a write to it replaces it', async () => {
    const { host, root, unpack } = await world(way)
    await unpack(`s a->${host}/canary`, 'h c->a', 'f c=bad')
    expect(readFileSync(join(root, 'c'), 'utf8')).toBe('bad')
    expect(readlinkSync(join(root, 'a'))).toBe(`${host}/canary`)
  })

  test('A10 hard-link target is not relative to the working directory', async () => {
    const { unpack } = await world(way)
    expect(existsSync('package.json')).toBe(true)
    await expect(unpack('h y->package.json')).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
  })

  test('A11 A12 the text of a symbolic link stays byte for byte', async () => {
    const { root, unpack } = await world(way)
    await unpack('s l->/abs/../../x', 's usr/bin/vi->/etc/alternatives/vi', 's lib->../usr/lib', 's slash->dir/')
    const names = ['l', 'usr/bin/vi', 'lib', 'slash']
    expect(names.map((name) => readlinkSync(join(root, name)))).toEqual([
      '/abs/../../x',
      '/etc/alternatives/vi',
      '../usr/lib',
      'dir/',
    ])
  })

  test('A13 the root is a link', async () => {
    const { host, unpack } = await world(way)
    for (const name of ['.', './', '/']) {
      await expect(unpack({ name, type: '2', link: host }, 'f canary=bad')).rejects.toEqual(refusal('TSB_ARCHIVE_ROOT'))
    }
  })

  test('A14 same name twice with different kinds', async () => {
    const { host, root, unpack } = await world(way)
    await unpack('f p=1', `s p->${host}/canary`, 'f p=2')
    expect(lstatSync(join(root, 'p')).isFile()).toBe(true)
    expect(readFileSync(join(root, 'p'), 'utf8')).toBe('2')
  })

  test('A15 mode and owner of a link are not those of its target', async () => {
    const { host, root, unpack } = await world(way)
    await unpack({ name: 'm', type: '2', link: `${host}/canary`, mode: 0o777, uid: 5, gid: 6 })
    expect(lstatSync(join(root, 'm')).uid).toBe(5)
    await unpack({ name: 'n', type: '2', link: `${host}/canary` }, { name: 'n/', type: '5', mode: 0o777 })
    expect(lstatSync(join(root, 'n')).isDirectory()).toBe(true)
  })

  test('A34 links in a circle', async () => {
    const { unpack } = await world(way)
    await expect(unpack('s a->b', 's b->a', 'f a/x=1')).rejects.toEqual(refusal('TSB_PATH_LOOP'))
  })

  test('A34 255 links are followed, 256 are not', async () => {
    const { root, unpack } = await world(way)
    const chain = (length: number) => Array.from({ length }, (_, at) => `s l${at}->${at === 0 ? 'end' : `l${at - 1}`}`)
    await unpack('d end/', ...chain(255), 'f l254/x=1')
    expect(existsSync(join(root, 'end/x'))).toBe(true)
    await expect(unpack('d end/', ...chain(256), 'f l255/x=1')).rejects.toEqual(refusal('TSB_PATH_LOOP'))
  })

  test('a file where a folder is needed', async () => {
    const { unpack } = await world(way)
    await expect(unpack('f a=1', 'f a/b=2')).rejects.toEqual(refusal('TSB_ARCHIVE_NAME'))
  })

  test('a file far above where a folder is needed', async () => {
    const { unpack } = await world(way)
    await expect(unpack('f a=1', 'f a/b/c/d=2')).rejects.toEqual(refusal('TSB_ARCHIVE_NAME'))
  })

  test('links that lead deeper than any path may be', async () => {
    const { unpack } = await world(way)
    await expect(
      unpack(`s a->${'d/'.repeat(40)}`, { name: 'b', type: '2', pax: { linkpath: 'e/'.repeat(600) } }, 'f b/x=1'),
    ).rejects.toEqual(refusal('TSB_ARCHIVE_DEPTH'))
  })
})

const layerWays = ways.filter(([name]) => !name.endsWith('context'))

describe.skipIf(!isRoot).each(layerWays)('%s (needs root)', (...way) => {
  test('A16 a device leaves no node, a fifo does not hang', async () => {
    const { root, unpack } = await world(way)
    await unpack('b sda 8:0', 'p q', 'f r=1')
    expect(readdirSync(root)).toEqual(['q', 'r'])
  })

  test('A18 attributes that steer overlayfs are not set', async () => {
    const { root, unpack } = await world(way)
    await unpack({
      name: 'd/',
      type: '5',
      pax: { 'SCHILY.xattr.user.overlay.redirect': '/etc', 'SCHILY.xattr.trusted.overlay.redirect': '/etc' },
    })
    expect(getXattr(join(root, 'd'), 'user.overlay.redirect')).toBeUndefined()
    expect(getXattr(join(root, 'd'), 'trusted.overlay.redirect')).toBeUndefined()
  })

  test('a capability that the kernel sets and cannot read is not set', async () => {
    const { root, unpack } = await world(way)
    await unpack({ name: 'a', body: 'x', pax: { 'SCHILY.xattr.security.capability': '' } })
    expect([...walk(treeOfUpper(root, 'trusted'))].map(({ path }) => path)).toEqual(['a'])
  })

  test('B01 whiteout of the parent', async () => {
    const { root, unpack } = await world(way)
    await expect(unpack('d a/', 'f a/.wh...=')).rejects.toEqual(refusal('TSB_WHITEOUT_NAME'))
    expect(existsSync(root)).toBe(true)
  })

  test('B02 whiteout below a link', async () => {
    const { host, unpack } = await world(way)
    await unpack(`s x->${host}`, 'f x/.wh.canary=', 's e->/etc', 'f e/.wh.passwd=')
    expect(existsSync('/etc/passwd')).toBe(true)
  })

  test('B03 opaque mark below a link', async () => {
    const { host, root, unpack } = await world(way)
    setXattr(join(host, 'dir'), 'user.mark', Buffer.from('1'))
    await unpack(`s l->${host}/dir`, 'f l/.wh..wh..opq=')
    expect(readlinkSync(join(root, 'l'))).toBe(`${host}/dir`)
    expect(getXattr(join(host, 'dir'), 'trusted.overlay.opaque')).toBeUndefined()
  })
})

describe.skipIf(!isRoot)('applyLayer over links of lower layers (needs root)', () => {
  const over =
    (lower: readonly string[], ...members: readonly string[]) =>
    async (root: string) => {
      await applyLayer(inPieces(tar(...lower)), root)
      await applyLayer(inPieces(tar(...members)), root)
    }

  test('A03 B02 B03 nothing outside is written or deleted', async () => {
    const { host, root } = await world(ways[3] ?? ['', async () => undefined])
    await over(
      [`s out->${host}`, 's loop->loop'],
      'f out/canary=bad',
      'f out/dir/.wh.inside=',
      'f out/dir/.wh..wh..opq=',
    )(root)
    expect(readFileSync(join(root, host, 'canary'), 'utf8')).toBe('bad')
  })

  test('a whiteout of a link removes the link alone', async () => {
    const { host, root } = await world(ways[3] ?? ['', async () => undefined])
    await over([`s out->${host}/dir`, 'f keep='], 'f .wh.out=')(root)
    expect(readdirSync(root)).toEqual(['keep'])
  })

  test('a folder with a link in it is removed without following the link', async () => {
    const { host, root } = await world(ways[3] ?? ['', async () => undefined])
    await over(['d d/', `s d/out->${host}/dir`, 'f d/f='], 'f .wh.d=')(root)
    expect(readdirSync(root)).toEqual([])
  })
})

describe('an index in memory', () => {
  const indexed = async (...members: readonly (string | TestMember)[]) => {
    const file = join(await scratch(), 'x.tar')
    writeFileSync(file, tar(...members))
    return tarIndex(file)
  }

  test('A08 A34 follows the same rules', async () => {
    await expect(indexed('h y->/etc/passwd')).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
    await expect(indexed('d d/', 'h y->d')).rejects.toEqual(refusal('TSB_ARCHIVE_LINK'))
    await expect(indexed('s a->b', 's b->a', 'f a/x=1')).rejects.toEqual(refusal('TSB_PATH_LOOP'))
    await expect(indexed('f a=1', 'f a/b=2')).rejects.toEqual(refusal('TSB_ARCHIVE_NAME'))
  })

  test('A16 shows devices and fifos', async () => {
    expect([...walk(await indexed('b sda 8:0', 'p q'))].map(({ kind }) => kind)).toEqual(['fifo', 'block'])
  })
})
