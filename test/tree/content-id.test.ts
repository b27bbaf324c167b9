import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { type Change, contentId, type FileEntry, readSmall, walk } from '../../src/tree/index.ts'
import { change, layer } from '../support/tree.ts'

const digestOf = async (file: FileEntry) => sha256(await readSmall(file, 1000))
const idOf = (...lines: readonly string[]) => contentId(lines.map(change), digestOf)

describe('contentId', () => {
  it('does not depend on the order of the changes, nor on times', async () => {
    expect(await idOf('dir /a', 'file /a/b hi')).toBe(await idOf('file[mtime=99] /a/b hi', 'dir[mtime=5] /a'))
  })

  it('does not depend on directories that are only implied', async () => {
    expect(await contentId(walk(layer('file /a/b hi')), digestOf)).toBe(await idOf('file /a/b hi'))
  })

  it('is the same whether a digest is known or asked for', async () => {
    const file = change('file /a hi') as FileEntry
    expect(await contentId([{ ...file, digest: sha256('hi') }], () => sha256('other'))).toBe(await idOf('file /a hi'))
  })

  const different: readonly string[] = [
    'file /a hi',
    'file /b hi',
    'file /a ho',
    'file[mode=600] /a hi',
    'file[uid=1] /a hi',
    'file[gid=1] /a hi',
    'file[x.user.a=1] /a hi',
    'file[x.user.a=2] /a hi',
    'file[x.user.b=1] /a hi',
    'file[x.user.a=1,x.user.b=2] /a hi',
    'dir /a',
    'opaque /a',
    'link /a -> b',
    'link /a -> c',
    'hardlink /a = /b',
    'hardlink /a = /c',
    'fifo /a',
    'char /a 1:3',
    'char /a 1:4',
    'char /a 3:1',
    'gone /a',
  ]

  it('tells apart all that an entry says', async () => {
    const ids = await Promise.all(different.map((line) => idOf(line)))
    expect(new Set(ids).size).toBe(different.length)
  })

  it('tells names that are no text from the text that stands for them', async () => {
    const odd = { ...change('fifo /x'), path: 'x\udcff' } as Change
    const plain = { ...change('fifo /x'), path: 'x\ufffd' } as Change
    expect(await contentId([odd], digestOf)).not.toBe(await contentId([plain], digestOf))
  })

  it('F03 fields and entries never run together', async () => {
    const path = fc.stringMatching(/^[a-z0-9:;]{1,6}$/)
    const link = fc.tuple(path, path).map(([name, target]) => `link /${name} -> ${target}`)
    const list = fc.uniqueArray(link, { maxLength: 4, selector: (line) => line.split(' ')[1] })
    await fc.assert(
      fc.asyncProperty(list, list, async (a, b) => {
        const same = [...a].sort().join('\n') === [...b].sort().join('\n')
        expect((await idOf(...a)) === (await idOf(...b))).toBe(same)
      }),
    )
  })
})
