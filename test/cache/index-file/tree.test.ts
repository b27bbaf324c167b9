import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { pageCache } from '../../../src/cache/index-file/directory.ts'
import { openIndexFile } from '../../../src/cache/index-file/open.ts'
import { changesOfIndex, treeOfIndex } from '../../../src/cache/index-file/tree.ts'
import { indexPieces } from '../../../src/cache/index-file/write.ts'
import { changeOf, type IndexedChange } from '../../../src/cache/layer-index.ts'
import {
  type Content,
  joinPath,
  parentPath,
  rootPath,
  type Tree,
  type TreePath,
  treeOfEntries,
  treePath,
} from '../../../src/tree/index.ts'
import { anyChange } from '../../support/changes.ts'
import { tries } from '../../support/fuzz.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-test-'))
afterAll(() => rmSync(folder, { recursive: true }))
const place = (_: TreePath, offset: number): Content => ({ kind: 'host', path: '/tar', offset })
const inMemory = (changes: readonly IndexedChange[]) => treeOfEntries(changes.map((one) => changeOf(one, place)))

function stored(changes: Iterable<IndexedChange>, limit?: number) {
  const path = join(folder, 'index')
  writeFileSync(path, Buffer.concat([...indexPieces({ tarSize: 12, changes })]))
  const file = openIndexFile(path)
  if (!file) throw new Error('the index cannot be opened')
  return { file, tree: treeOfIndex(file, place, pageCache(limit)) }
}

/** All that a tree answers for these paths. */
function answers(tree: Tree, paths: readonly TreePath[]) {
  return {
    looked: paths.map((path) => [path, tree.get(path), tree.list(path)]),
    implied: [...(tree.impliedDirectories?.() ?? [])].sort(),
  }
}

function asked(changes: readonly IndexedChange[]): readonly TreePath[] {
  const paths = changes.flatMap(({ path }) => [
    path,
    parentPath(path),
    parentPath(parentPath(path)),
    joinPath(path, 'a'),
  ])
  return [...new Set([rootPath, treePath('nowhere'), treePath('no/where'), ...paths])]
}

describe('the tree of an index file', () => {
  it('is the tree of its entries, for any changes', () => {
    fc.assert(
      fc.property(fc.array(anyChange(), { maxLength: 40 }), (changes) => {
        const paths = asked(changes)
        expect(answers(stored(changes).tree, paths)).toEqual(answers(inMemory(changes), paths))
      }),
      { ...tries(300), seed: 4 },
    )
  })

  it('has what is said of the root', () => {
    const root = fc.tuple(
      anyChange(fc.constant('')).filter(({ kind }) => kind === 'directory'),
      fc.array(anyChange()),
    )
    fc.assert(
      fc.property(root, ([first, changes]) => {
        const all = [first, ...changes]
        expect(answers(stored(all).tree, [rootPath])).toEqual(answers(inMemory(all), [rootPath]))
      }),
      { ...tries(100), seed: 4 },
    )
  })

  it('is the same however few pages are remembered', () => {
    const changes = fc.sample(anyChange(), { numRuns: 3000, seed: 7 })
    const paths = asked(changes)
    expect(answers(stored(changes, 1).tree, paths)).toEqual(answers(inMemory(changes), paths))
  })

  it('finds each of 50,000 names of a directory, and none between them', () => {
    const names = Array.from({ length: 50_000 }, (_, index) => `n${index * 2}`)
    const { tree } = stored(names.map((name) => file(`d/${name}`)))
    expect(tree.list(treePath('d'))).toEqual([...names].sort())
    for (let index = 0; index < 50_000; index += 997) {
      expect(tree.get(treePath(`d/n${index * 2}`))).toMatchObject({ kind: 'file', path: `d/n${index * 2}` })
      expect(tree.get(treePath(`d/n${index * 2 + 1}`))).toBeUndefined()
    }
    expect(tree.get(treePath('d/m'))).toBeUndefined()
    expect(tree.get(treePath('d/zzz'))).toBeUndefined()
  })

  it('goes as deep as paths go', () => {
    const deep = treePath(Array.from({ length: 1000 }, () => 'd').join('/'))
    const { tree, file: found } = stored([file(`${deep}/f`)])
    expect(tree.get(joinPath(deep, 'f'))).toMatchObject({ kind: 'file' })
    expect(tree.impliedDirectories?.().length).toBe(1001)
    expect([...changesOfIndex(found)].length).toBe(1)
  })

  it('of no changes is an implied root', () => {
    const { tree, file } = stored([])
    expect(tree.get(rootPath)).toEqual(treeOfEntries([]).get(rootPath))
    expect(tree.list(rootPath)).toEqual([])
    expect(tree.impliedDirectories?.()).toEqual([])
    expect(file.tarSize).toBe(12)
  })
})

describe('the changes of an index file', () => {
  it('are those that were written, parents first and siblings in byte order, without what is only implied', () => {
    fc.assert(
      fc.property(fc.array(anyChange(), { maxLength: 40 }), (changes) => {
        const read = [...changesOfIndex(stored(changes).file)]
        const last = new Map(changes.map((change) => [change.path, change]))
        const said = [...last.values()].filter((one) => one.kind !== 'directory' || !one.implied || one.opaque)
        const byPath = (list: readonly IndexedChange[]) => new Map(list.map((change) => [change.path, change]))
        expect(byPath(read)).toEqual(byPath(said))
        for (const [index, { path }] of read.entries()) {
          const above = read.findIndex((other) => other.path === parentPath(path))
          expect(above).toBeLessThan(path === rootPath ? 0 : index)
        }
      }),
      { ...tries(200), seed: 4 },
    )
  })
})

function file(path: string): IndexedChange {
  return { kind: 'file', path: treePath(path), mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 1, data: 512 }
}
