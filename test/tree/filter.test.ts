import { describe, expect, it } from 'vitest'
import { type FileTree, filterTree, patternList, rootPath, treePath } from '../../src/tree/index.ts'
import { lines, tree } from '../support/tree.ts'

const world = tree('dir /a', 'file /a/x', 'file /a/y', 'dir /b', 'file /b/x', 'dir /b/c', 'file /b/c/x', 'file /x')

describe('filterTree', () => {
  it('shows what is accepted, and the directories that lead to it', () => {
    expect(lines(filterTree(world, rootPath, (path) => path.endsWith('c/x')))).toEqual([
      'dir /b',
      'dir /b/c',
      'file /b/c/x',
    ])
    expect(lines(filterTree(world, rootPath, (path) => path === 'a'))).toEqual(['dir /a'])
  })

  it('asks with paths relative to where it starts, and shows nothing beside it', () => {
    const filtered = filterTree(world, treePath('b'), (path) => path === 'x')
    expect(filtered.get(treePath('b'))).toMatchObject({ kind: 'directory' })
    expect(filtered.list(treePath('b'))).toEqual(['x'])
    expect(filtered.get(treePath('x'))).toBeUndefined()
    expect(filtered.get(treePath('b/c'))).toBeUndefined()
  })

  it('does not list a directory below which nothing may be accepted', () => {
    const asked: string[] = []
    const watched: FileTree = {
      get: world.get,
      list(path) {
        asked.push(path)
        return world.list(path)
      },
    }
    const patterns = patternList(['b', 'a', '!a/y'])
    const filtered = filterTree(watched, rootPath, (path) => !patterns.matches(path), patterns.mayDifferBelow)
    expect(lines(filtered)).toEqual(['dir /a', 'file /a/y', 'file /x'])
    expect(asked).not.toContain('b')
  })

  it('looks at nothing that is known to be no directory and is left out', () => {
    const asked: string[] = []
    const watched: FileTree = {
      get(path) {
        asked.push(path)
        return world.get(path)
      },
      list: world.list,
      isDirectory: (path) => world.get(path)?.kind === 'directory',
    }
    const patterns = patternList(['**', '!**/c/x'])
    const filtered = filterTree(watched, rootPath, (path) => !patterns.matches(path), patterns.mayDifferBelow)
    expect(lines(filtered)).toEqual(['dir /b', 'dir /b/c', 'file /b/c/x'])
    expect(asked.sort()).toEqual(['b', 'b/c', 'b/c/x'])
  })

  it('shows a hard link as a file when its file is left out', () => {
    const linked = tree('file /a text', 'hardlink /b = /a', 'hardlink /c = /b')
    expect(lines(filterTree(linked, rootPath, (path) => path === 'b'))).toEqual(['file /b text'])
  })

  it('goes thousands of directories deep', () => {
    const deep = tree(`file /${'d/'.repeat(3000)}f`)
    expect(filterTree(deep, rootPath, (path) => path.endsWith('f')).get(treePath('d'))).toMatchObject({
      kind: 'directory',
    })
  })
})
