import { expect, test } from 'vitest'
import {
  type Change,
  type Entry,
  editTree,
  overlay,
  type TreeEditor,
  treeOfEntries,
  treePath,
} from '../../src/tree/index.ts'

const meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0 }
const directory = (path: string, mode = 0o755): Entry => ({ ...meta, kind: 'directory', path: treePath(path), mode })
const link = (path: string, target = 'x'): Entry => ({ ...meta, kind: 'symlink', path: treePath(path), target })
const below = () => treeOfEntries([directory('a', 0o700), link('a/one'), link('a/two'), directory('b'), link('c')])
const shown = (changes: readonly Change[]) =>
  changes.map((c) => `${c.kind} ${c.path}${c.kind === 'directory' && c.opaque ? ' opaque' : ''}`)

test('no change, no layer', () => {
  expect(editTree(below()).changes()).toEqual([])
})

test('a new entry brings the unchanged directories above it, with their own modes', () => {
  const files = editTree(below())
  files.put(link('a/three'))
  expect(shown(files.changes())).toEqual(['directory a', 'symlink a/three'])
  expect(files.changes()[0]).toMatchObject({ mode: 0o700 })
  expect(files.list(treePath('a'))).toEqual(['one', 'three', 'two'])
})

test('what is removed is gone from the view, and a whiteout in the layer', () => {
  const files = editTree(below())
  files.remove(treePath('a/one'))
  expect(files.get(treePath('a/one'))).toBeUndefined()
  expect(files.list(treePath('a'))).toEqual(['two'])
  expect(shown(files.changes())).toEqual(['directory a', 'whiteout a/one'])
})

test('a directory keeps what is in it when it is put again', () => {
  const files = editTree(below())
  files.put(directory('a', 0o500))
  expect(files.list(treePath('a'))).toEqual(['one', 'two'])
  expect(shown(files.changes())).toEqual(['directory a'])
})

test('a directory that was removed and made again hides what was in it', () => {
  const files = editTree(below())
  files.remove(treePath('a'))
  files.put(directory('a'))
  files.put(link('a/new'))
  expect(files.list(treePath('a'))).toEqual(['new'])
  expect(shown(files.changes())).toEqual(['directory a opaque', 'symlink a/new'])
})

test('a file that takes the place of a directory hides all below it', () => {
  const files = editTree(below())
  files.remove(treePath('a'))
  files.put(link('a'))
  expect(files.get(treePath('a/one'))).toBeUndefined()
  expect(shown(files.changes())).toEqual(['symlink a'])
})

test('something made and removed again leaves nothing', () => {
  const files = editTree(below())
  files.put(link('new'))
  files.remove(treePath('new'))
  expect(files.changes()).toEqual([])
})

test('the layer on top of what was below gives the edited tree', () => {
  const files = editTree(below())
  files.remove(treePath('a'))
  files.put(directory('a'))
  files.put(link('a/new'))
  files.remove(treePath('c'))
  files.put(link('b/x'))
  const merged = overlay([below(), treeOfEntries(files.changes())])
  for (const path of ['', 'a', 'b']) expect(merged.list(treePath(path))).toEqual(files.list(treePath(path)))
})

test('a further name keeps the bytes of a file that is replaced or removed afterwards', () => {
  const file = (path: string, text: string): Entry => {
    const bytes = new TextEncoder().encode(text)
    return { ...meta, kind: 'file', path: treePath(path), size: bytes.length, content: { kind: 'bytes', bytes } }
  }
  const hardlink = (path: string, target: string): Entry => {
    return { ...meta, kind: 'hardlink', path: treePath(path), target: treePath(target) }
  }
  const old = file('d/f', 'old')
  for (const replace of [
    (files: TreeEditor) => files.put(file('d/f', 'new')),
    (files: TreeEditor) => files.remove(treePath('d')),
  ]) {
    const files = editTree(treeOfEntries([directory('d')]))
    for (const entry of [old, hardlink('one', 'd/f'), hardlink('two', 'd/f')]) files.put(entry)
    files.amend({ ...old, mode: 0o600 })
    replace(files)
    expect(files.get(treePath('one'))).toEqual({ ...old, path: 'one', mode: 0o600 })
    expect(files.get(treePath('two'))).toMatchObject({ kind: 'hardlink', target: 'one' })
  }
})
