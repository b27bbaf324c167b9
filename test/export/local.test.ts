import { chown, lstat, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exportLocal } from '../../src/export/index.ts'
import { scratch } from '../support/scratch.ts'
import { openWorkshop } from '../support/workshop.ts'

const isRoot = (await stat('/proc/self')).uid === 0
const code = (expected: string) => expect.objectContaining({ code: expected })

async function exported(folder: string, ...layers: readonly (readonly string[])[]) {
  await using workshop = await openWorkshop()
  return await exportLocal(await workshop.image(layers), folder)
}

describe('exportLocal', () => {
  it('writes the files as all layers together give them', async () => {
    const folder = join(await scratch(), 'deep/out')
    await exported(
      folder,
      ['dir[mode=750,mtime=7] /a', 'file[mode=640,mtime=5] /a/f old', 'file /gone'],
      ['file[mode=640,mtime=5] /a/f new', 'gone /gone', 'link[mtime=9] /l -> ../../outside'],
    )
    expect(await readdir(folder)).toEqual(['a', 'l'])
    expect(await readFile(join(folder, 'a/f'), 'utf8')).toBe('new')
    expect(await readlink(join(folder, 'l'))).toBe('../../outside')
    const [a, f, l] = await Promise.all(['a', 'a/f', 'l'].map((name) => lstat(join(folder, name))))
    expect([a?.mode, f?.mode].map((mode) => (mode ?? 0) & 0o7777)).toEqual([0o750, 0o640])
    expect([a?.mtimeMs, f?.mtimeMs, l?.mtimeMs]).toEqual([7000, 5000, 9000])
  })

  it('keeps hard links', async () => {
    const folder = await scratch()
    await exported(folder, ['dir /a', 'file /a/one x', 'hardlink /two = /a/one'])
    expect((await stat(join(folder, 'two'))).ino).toBe((await stat(join(folder, 'a/one'))).ino)
    await exported(folder, ['dir /a', 'file /a/one x', 'hardlink /two = /a/one'])
    expect(await readdir(folder)).toEqual(['a', 'two'])
  })

  it('keeps what is there, and replaces files of the same names', async () => {
    const folder = await scratch()
    await mkdir(join(folder, 'a'))
    await writeFile(join(folder, 'a/mine'), 'mine')
    await writeFile(join(folder, 'a/f'), 'old')
    await exported(folder, ['dir /a', 'file /a/f new'])
    expect(await readdir(join(folder, 'a'))).toEqual(['f', 'mine'])
    expect(await readFile(join(folder, 'a/f'), 'utf8')).toBe('new')
  })

  it('I01 refuses a link in place of a directory', async () => {
    const [folder, elsewhere] = [await scratch(), await scratch()]
    await symlink(elsewhere, join(folder, 'bin'))
    await expect(exported(folder, ['dir /bin', 'file /bin/sh x'])).rejects.toThrow(code('TSB_EXPORT_LINK'))
    expect(await readdir(elsewhere)).toEqual([])
  })

  it('I01 replaces a link in place of a file, and leaves its target', async () => {
    const folder = await scratch()
    await writeFile(join(folder, 'canary'), 'CANARY')
    await symlink('canary', join(folder, 'f'))
    await exported(folder, ['file /f x'])
    expect(await readFile(join(folder, 'canary'), 'utf8')).toBe('CANARY')
    expect((await lstat(join(folder, 'f'))).isFile()).toBe(true)
  })

  it('I01 goes through no link of the image', async () => {
    const [folder, elsewhere] = [await scratch(), await scratch()]
    await exported(folder, [`link /x -> ${elsewhere}`], ['dir /x', 'file /x/f y'])
    expect(await readdir(elsewhere)).toEqual([])
    expect(await readFile(join(folder, 'x/f'), 'utf8')).toBe('y')
  })

  it('I04 drops setuid and foreign owners, and lists what it leaves out', async () => {
    const folder = await scratch()
    const { skipped } = await exported(folder, [
      'file[mode=6755,uid=12345,gid=12345] /su x',
      'char /null 1:3',
      'fifo /p',
      'dir[mode=3777] /tmp',
    ])
    expect(skipped).toEqual(['null', 'p'])
    expect(await readdir(folder)).toEqual(['su', 'tmp'])
    const [su, tmp] = await Promise.all(['su', 'tmp'].map((name) => stat(join(folder, name))))
    const self = await stat('/proc/self')
    expect([su?.uid, su?.gid]).toEqual([self.uid, self.gid])
    expect([su?.mode, tmp?.mode].map((mode) => (mode ?? 0) & 0o7777)).toEqual([0o755, 0o1777])
  })

  it('names a directory in place of a file', async () => {
    const folder = await scratch()
    await mkdir(join(folder, 'f'))
    await expect(exported(folder, ['file /f x'])).rejects.toThrow(code('TSB_EXPORT_WRITE'))
    expect(await readdir(folder)).toEqual(['f'])
  })

  it.runIf(isRoot)('writes over files of others', async () => {
    const folder = await scratch()
    await writeFile(join(folder, 'f'), 'old')
    await chown(join(folder, 'f'), 12345, 12345)
    await exported(folder, ['file /f new'])
    expect(await readFile(join(folder, 'f'), 'utf8')).toBe('new')
  })
})
