import { expect, it } from 'vitest'
import type { Placement } from '../../../src/executor/ops/place.ts'
import { unpackArchive } from '../../../src/executor/ops/unpack.ts'
import { editTree, type FileEntry, treePath } from '../../../src/tree/index.ts'
import { scratch } from '../../support/scratch.ts'
import { type TestMember, tar } from '../../support/tar.ts'
import { lines, tree } from '../../support/tree.ts'

/** The layer of `ADD` of an archive to a place on a base, without times and texts. */
async function unpacked(
  members: readonly (string | TestMember)[],
  placement: Partial<Placement> = {},
  base = ['dir /d'],
) {
  const bytes = tar(...members)
  const content = { kind: 'bytes', bytes } as const
  const path = treePath('t')
  const entry: FileEntry = { kind: 'file', path, mode: 0o644, uid: 0, gid: 0, mtime: 0, size: bytes.length, content }
  const files = editTree(tree(...base))
  const plain = { owner: undefined, mode: undefined, now: 0, ...placement }
  await unpackArchive(files, { tree: files, entry, name: 't' }, '/d', plain, await scratch())
  const changes = files.changes()
  const sizes = changes.flatMap((change) => (change.kind === 'file' ? [`${change.path} ${change.size}`] : []))
  return { shown: lines(changes.map((change) => ('mtime' in change ? { ...change, mtime: 0 } : change))), sizes }
}

it('--chown is of what the archive holds and of the destination; directories that it only implies are 0:0', async () => {
  const { shown } = await unpacked(['f a/b/f=x'], { owner: { uid: 5, gid: 6 } }, [])
  expect(shown).toEqual(['dir[uid=5,gid=6] /d', 'dir /d/a', 'dir /d/a/b', 'file[uid=5,gid=6] /d/a/b/f'])
})

it('a hard link keeps the bytes of a member that a later one replaces', async () => {
  const { sizes } = await unpacked(['f one=old!', 'h two->one', 'f one=new'])
  expect(sizes).toEqual(['d/one 3', 'd/two 4'])
})

it('what a hard link says of owner and mode is true of the file, by whichever name', async () => {
  const { shown } = await unpacked([
    'f one=x',
    'h two->one',
    { name: 'three', type: '1', link: 'two', uid: 7, mode: 0o600 },
  ])
  expect(shown).toEqual([
    'dir /d',
    'file[mode=600,uid=7] /d/one',
    'hardlink[mode=600,uid=7] /d/three = /d/one',
    'hardlink[mode=600,uid=7] /d/two = /d/one',
  ])
})

it('a hard link to a device, fifo or symbolic link makes another', async () => {
  const { shown } = await unpacked(['c c 1:3', 'p p', 's s->f', 'h c2->c', 'h p2->p', 'h s2->s'])
  expect(shown).toEqual([
    'dir /d',
    'char /d/c 1:3',
    'char /d/c2 1:3',
    'fifo /d/p',
    'fifo /d/p2',
    'link /d/s -> f',
    'link /d/s2 -> f',
  ])
})

it('a hard link to a directory, to itself or to nothing is refused', async () => {
  for (const members of [
    ['d a/', 'h b->a'],
    ['f a=x', 'h a->a'],
    ['f a=x', 'h b->c'],
  ]) {
    await expect(unpacked(members)).rejects.toThrow(expect.objectContaining({ code: 'TSB_ARCHIVE_LINK' }))
  }
})
