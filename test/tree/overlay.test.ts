import { describe, expect, it } from 'vitest'
import { impliedDirectory } from '../../src/tree/entries.ts'
import { overlay, rootPath, treeOfEntries, treePath } from '../../src/tree/index.ts'
import { layer, lines } from '../support/tree.ts'

const merged = (...layers: ReturnType<typeof layer>[]) => lines(overlay(layers))

describe('overlay', () => {
  it('shows the topmost entry of each path', () => {
    expect(merged(layer('file /a 1', 'file /b 1'), layer('file /b 2', 'file /c 2'))).toEqual([
      'file /a 1',
      'file /b 2',
      'file /c 2',
    ])
  })

  it('merges directories, with the metadata of the topmost', () => {
    const layers = [layer('dir /d', 'file /d/a'), layer('dir[mode=700] /d', 'file /d/b')]
    expect(merged(...layers)).toEqual(['dir[mode=700] /d', 'file /d/a', 'file /d/b'])
  })

  it('keeps the metadata below when a layer only implies a directory', () => {
    const shown = overlay([layer('dir[mode=711] /d', 'file /d/a'), layer('file /d/b')])
    expect(lines(shown)).toEqual(['dir[mode=711] /d', 'file /d/a', 'file /d/b'])
    expect(shown.get(treePath('d'))).not.toHaveProperty('implied')
  })

  it('hides what a whiteout covers, and shows what comes above it again', () => {
    expect(merged(layer('dir /d', 'file /d/a', 'file /e'), layer('gone /d', 'gone /e'), layer('file /e 3'))).toEqual([
      'file /e 3',
    ])
    expect(merged(layer('dir /d', 'file /d/a'), layer('gone /d'), layer('dir /d', 'file /d/b'))).toEqual([
      'dir /d',
      'file /d/b',
    ])
  })

  it('B04: an opaque directory hides lower layers only', () => {
    const shown = overlay([layer('dir /a', 'file /a/old'), layer('opaque /a', 'file /a/new')])
    expect(lines(shown)).toEqual(['dir /a', 'file /a/new'])
    expect(shown.get(treePath('a'))).not.toHaveProperty('opaque')
  })

  it('keeps the metadata below when a layer only says that a directory is opaque', () => {
    const mark = treeOfEntries([{ ...impliedDirectory(treePath('d')), opaque: true as const }])
    const shown = overlay([layer('dir[mode=711] /d', 'file /d/a'), mark])
    expect(lines(shown)).toEqual(['dir[mode=711] /d'])
  })

  it('B06: a directory becomes a file, and a file a directory', () => {
    expect(merged(layer('dir /d', 'file /d/a'), layer('file /d x'))).toEqual(['file /d x'])
    expect(merged(layer('file /d x'), layer('dir /d', 'file /d/a'))).toEqual(['dir /d', 'file /d/a'])
    const thrice = [layer('dir /d', 'file /d/a'), layer('file /d x'), layer('dir /d', 'file /d/b')]
    expect(merged(...thrice)).toEqual(['dir /d', 'file /d/b'])
  })

  it('does not look through symbolic links', () => {
    const shown = overlay([layer('dir /real', 'file /real/f', 'link /l -> real')])
    expect(shown.get(treePath('l/f'))).toBeUndefined()
    expect(shown.list(treePath('l'))).toEqual([])
  })

  it('keeps a hard link beside its file', () => {
    expect(merged(layer('file /a x', 'hardlink /b = /a'), layer('file /c'))).toEqual([
      'file /a x',
      'hardlink /b = /a',
      'file /c',
    ])
  })

  it('shows a hard link as a file when its file was replaced or removed above', () => {
    const base = layer('file /a x', 'hardlink /b = /a')
    expect(merged(base, layer('file /a y'))).toEqual(['file /a y', 'file /b x'])
    expect(merged(base, layer('gone /a'))).toEqual(['file /b x'])
  })

  it('finds the file of a hard link in a lower layer', () => {
    expect(merged(layer('file /a x'), layer('hardlink /b = /a'))).toEqual(['file /a x', 'file /b x'])
  })

  it('refuses a hard link to nothing', () => {
    const shown = overlay([layer('hardlink /b = /a')])
    expect(() => shown.get(treePath('b'))).toThrow(expect.objectContaining({ code: 'TSB_LAYER_LINK' }))
  })

  it('is an empty directory without layers', () => {
    expect(overlay([]).get(rootPath)).toMatchObject({ kind: 'directory', mode: 0o755 })
    expect(lines(overlay([]))).toEqual([])
  })
})
