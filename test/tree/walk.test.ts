import { describe, expect, it } from 'vitest'
import { rootPath, treeOfEntries, treePath, walk, walkApart } from '../../src/tree/index.ts'
import { comparePaths } from '../../src/tree/order.ts'
import { change, lines, tree } from '../support/tree.ts'

describe('treeOfEntries', () => {
  it('gives back entries by path, and names in byte order', () => {
    const shown = tree('dir /b', 'file /b/2 two', 'file /b/10 ten', 'file /B', 'file /ä')
    expect(shown.list(rootPath)).toEqual(['B', 'b', 'ä'])
    expect(shown.list(treePath('b'))).toEqual(['10', '2'])
    expect(shown.get(treePath('b/2'))).toMatchObject({ kind: 'file', size: 3 })
    expect(shown.get(treePath('nope'))).toBeUndefined()
    expect(shown.list(treePath('nope'))).toEqual([])
  })

  it('implies the directories above an entry, and the root', () => {
    const shown = treeOfEntries([change('file /a/b/c')])
    expect(shown.get(treePath('a/b'))).toMatchObject({ kind: 'directory', mode: 0o755, implied: true })
    expect(shown.get(rootPath)).toMatchObject({ kind: 'directory', implied: true })
    expect(shown.list(treePath('a'))).toEqual(['b'])
  })

  it('takes the later of two entries for one path', () => {
    const shown = tree('dir /a', 'file /a/b', 'file /a x')
    expect(shown.get(treePath('a'))).toMatchObject({ kind: 'file' })
    expect(shown.list(treePath('a'))).toEqual([])
    expect(lines(shown)).toEqual(['file /a x'])
  })
})

describe('walk', () => {
  it('gives each directory before what is in it, siblings in byte order', () => {
    const shown = tree('file /a.txt', 'file /a/b', 'dir /a', 'file /z', 'file /a-b/c')
    expect([...walk(shown)].map((entry) => entry.path)).toEqual(['a', 'a/b', 'a-b', 'a-b/c', 'a.txt', 'z'])
  })

  it('starts below the directory it is given', () => {
    expect([...walk(tree('file /a/b/c', 'file /d'), treePath('a'))].map((entry) => entry.path)).toEqual([
      'a/b',
      'a/b/c',
    ])
  })

  it('does not follow symbolic links', () => {
    expect(lines(tree('dir /d', 'file /d/f', 'link /l -> d'))).toEqual(['dir /d', 'file /d/f', 'link /l -> d'])
  })

  it('goes 4 000 directories deep', () => {
    const deep = treeOfEntries([change(`file /${'d/'.repeat(4_000)}f`)])
    expect([...walk(deep)]).toHaveLength(4_001)
  })
})

describe('comparePaths', () => {
  it('is the order of a walk', () => {
    const paths = ['a', 'a/b', 'a/b/c', 'a b', 'a-b', 'a.txt', 'ab', 'é', '日', '😀']
    expect([...paths].reverse().sort(comparePaths)).toEqual(paths)
  })

  it('compares bytes, not UTF-16 units', () => {
    expect(['😀', '\uffee'].sort(comparePaths)).toEqual(['\uffee', '😀'])
    expect(['d/é', 'd/\udc80', 'd/\udcff'].sort(comparePaths)).toEqual(['d/\udc80', 'd/é', 'd/\udcff'])
  })
})

describe('walkApart', () => {
  it('shows a hard link to a file outside as a file, and one to a file inside as a link', () => {
    const shown = tree('file /a x', 'dir /d', 'hardlink /d/b = /a', 'file /d/c y', 'hardlink /d/e = /d/c')
    expect([...walkApart(shown, treePath('d'))].map((entry) => entry.kind)).toEqual(['file', 'file', 'hardlink'])
  })
})
