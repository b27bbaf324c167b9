import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rootPath, treeOfDirectory, treeOfUpper, treePath, walk } from '../../src/tree/index.ts'
import { writeFiles } from '../support/files.ts'
import { scratch } from '../support/scratch.ts'
import { lines } from '../support/tree.ts'

const isRoot = process.getuid?.() === 0

describe('treeOfDirectory', () => {
  it('shows files, directories and links', async () => {
    const directory = await scratch()
    writeFiles(directory, { 'd/f': 'hi', l: '-> d', 'empty/': '' })
    execFileSync('sh', ['-c', 'chmod 755 . d empty; chmod 640 d/f; touch -d @-1.5 d/f'], { cwd: directory })
    const shown = treeOfDirectory(directory, { owners: 'root' })
    expect(lines(shown)).toEqual(['dir /d', 'file[mode=640] /d/f', 'dir /empty', 'link /l -> d'])
    expect(shown.get(treePath('d/f'))).toMatchObject({ size: 2, mtime: -2 })
    expect(shown.get(rootPath)).toMatchObject({ kind: 'directory', path: '' })
  })

  it('does not look through links, whatever was asked for before', async () => {
    const directory = await scratch()
    writeFiles(directory, { 'd/e/f': 'hi', l: '-> d' })
    const shown = treeOfDirectory(directory)
    expect(shown.get(treePath('l/e/f'))).toBeUndefined()
    expect(shown.get(treePath('l/e'))).toBeUndefined()
    expect(shown.list(treePath('l'))).toEqual([])
    expect(shown.get(treePath('d/e/f/g'))).toBeUndefined()
    expect(shown.get(treePath('d/e/f'))).toMatchObject({ kind: 'file' })
  })

  it('tells from a listing what is a directory, before it is looked at', async () => {
    const directory = await scratch()
    writeFiles(directory, { 'd/e': '', f: '', l: '-> d' })
    const shown = treeOfDirectory(directory)
    const tell = (name: string) => shown.isDirectory?.(treePath(name))
    expect([tell(''), tell('d'), tell('d/e')]).toEqual([undefined, undefined, undefined])
    shown.list(rootPath)
    expect([tell(''), tell('d'), tell('f'), tell('l'), tell('nope'), tell('d/e')]).toEqual([
      undefined,
      true,
      false,
      false,
      false,
      undefined,
    ])
  })

  it('refuses a root that is no directory', async () => {
    const directory = await scratch()
    writeFiles(directory, { f: '' })
    for (const name of ['f', 'nope']) {
      expect(() => treeOfDirectory(join(directory, name)).list(rootPath)).toThrow(
        expect.objectContaining({ code: 'TSB_NO_DIRECTORY' }),
      )
    }
  })

  it('gives the same answer twice', async () => {
    const directory = await scratch()
    writeFiles(directory, { f: 'hi' })
    const shown = treeOfDirectory(directory)
    const before = [shown.get(treePath('f')), shown.list(rootPath)]
    writeFiles(directory, { f: 'other', g: '' })
    expect([shown.get(treePath('f')), shown.list(rootPath)]).toEqual(before)
  })

  it('A35 names and links that are no text keep their bytes', async () => {
    const directory = await scratch()
    execFileSync(
      'sh',
      [
        '-c',
        `echo x > "$(printf 'a\\377\\376')"; ln -s "$(printf '\\200')" l; mkdir "$(printf 'd\\377')"; echo y > "$(printf 'd\\377/f')"`,
      ],
      {
        cwd: directory,
      },
    )
    const shown = treeOfDirectory(directory)
    expect([...walk(shown)].map((entry) => entry.path)).toEqual(['a\udcff\udcfe', 'd\udcff', 'd\udcff/f', 'l'])
    expect(shown.get(treePath('l'))).toMatchObject({ target: '\udc80' })
  })

  it('leaves sockets out', async () => {
    const directory = await scratch()
    const server = createServer().listen(join(directory, 's'))
    await once(server, 'listening')
    const shown = treeOfDirectory(directory)
    expect(shown.list(rootPath)).toEqual([])
    expect(shown.get(treePath('s'))).toBeUndefined()
    server.close()
  })

  it.skipIf(!isRoot)('shows the attributes that a layer carries, and can leave them out', async () => {
    const directory = await scratch()
    writeFiles(directory, { f: 'hi' })
    const set =
      "import os; os.setxattr('f','user.a',b'1'); os.setxattr('f','trusted.b',b'2'); os.setxattr('f','user.overlay.redirect',b'3')"
    execFileSync('python3', ['-c', set], { cwd: directory })
    expect(treeOfDirectory(directory).get(treePath('f'))).toMatchObject({
      xattrs: new Map([['user.a', new Uint8Array([0x31])]]),
    })
    expect(treeOfDirectory(directory, { xattrs: 'none' }).get(treePath('f'))).not.toHaveProperty('xattrs')
  })
})

describe('treeOfUpper', () => {
  it.skipIf(!isRoot)('A18 shows whiteouts and opaque directories, and no mark of overlayfs', async () => {
    const directory = await scratch()
    writeFiles(directory, { 'd/f': '', 'user/': '' })
    const set =
      "import os; os.setxattr('d','trusted.overlay.opaque',b'y'); os.setxattr('user','user.overlay.opaque',b'y')"
    execFileSync('sh', ['-c', `mknod gone c 0 0; chmod 755 d user; python3 -c "${set}"`], { cwd: directory })
    expect(lines(treeOfUpper(directory, 'trusted'))).toEqual(['opaque /d', 'file /d/f', 'gone /gone', 'dir /user'])
    expect(lines(treeOfUpper(directory, 'user'))).toEqual(['dir /d', 'file /d/f', 'gone /gone', 'opaque /user'])
  })
})
