import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { impliedDirectory } from '../../src/tree/entries.ts'
import {
  type Entry,
  overlay,
  rootPath,
  type Tree,
  type TreePath,
  treeOfEntries,
  treePath,
  walk,
} from '../../src/tree/index.ts'
import { tries } from '../support/fuzz.ts'
import { change, layer, lines } from '../support/tree.ts'

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

  it('B04 an opaque directory hides lower layers only', () => {
    const shown = overlay([layer('dir /a', 'file /a/old'), layer('opaque /a', 'file /a/new')])
    expect(lines(shown)).toEqual(['dir /a', 'file /a/new'])
    expect(shown.get(treePath('a'))).not.toHaveProperty('opaque')
  })

  it('keeps the metadata below when a layer only says that a directory is opaque', () => {
    const mark = treeOfEntries([{ ...impliedDirectory(treePath('d')), opaque: true as const }])
    const shown = overlay([layer('dir[mode=711] /d', 'file /d/a'), mark])
    expect(lines(shown)).toEqual(['dir[mode=711] /d'])
  })

  it('B06 a directory becomes a file, and a file a directory', () => {
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

describe('overlay of any layers', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 })
    .map((pieces) => pieces.join('/'))
  const line = fc.tuple(
    fc.constantFrom('dir', 'dir', 'file', 'file', 'gone', 'opaque', 'link', 'fifo'),
    path,
    fc.nat(9),
  )
  const lineOf = ([kind, name, mode]: readonly [string, string, number]) =>
    kind === 'gone' ? `gone /${name}` : `${kind}[mode=${mode}] /${name}${kind === 'link' ? ' -> x' : ''}`

  it('shows what laying one over the other by hand gives', () => {
    const stack = fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 5 })
    fc.assert(
      fc.property(stack, (layers) => {
        const trees = layers.map((lines) => layer(...realLines(lines.map(lineOf))))
        const shown = overlay(trees)
        const expected = byHand(trees)
        expect(lines(shown)).toEqual(lines(expected))
        for (const { path } of walk(expected)) expect(shown.get(path)).toEqual(expected.get(path))
      }),
      { ...tries(1500), seed: 4 },
    )
  })

  it('asks each layer once for each name of a directory that all of them have', () => {
    let asked = 0
    const trees = Array.from({ length: 50 }, (_, index) => {
      const own = layer(...Array.from({ length: 20 }, (_, name) => `file /d/${index}-${name}`))
      const get: Tree['get'] = (path) => {
        asked++
        return own.get(path)
      }
      return { ...own, get }
    })
    expect(overlay(trees).list(treePath('d')).length).toBe(1000)
    expect(asked).toBeLessThan(1000 + 3 * 50)
  })

  it('asks only the layers that have a directory for what is in it', () => {
    const asked: string[] = []
    const trees = Array.from({ length: 50 }, (_, index) => {
      const own = layer(index === 7 ? 'file /etc/passwd' : `file /data/${index}`)
      const get: Tree['get'] = (path) => {
        asked.push(path)
        return own.get(path)
      }
      return { ...own, get }
    })
    const shown = overlay(trees)
    for (let times = 0; times < 10; times++) expect(shown.get(treePath('etc/passwd'))).toMatchObject({ kind: 'file' })
    expect(asked.filter((path) => path === 'etc').length).toBe(50)
    expect(asked.filter((path) => path === 'etc/passwd').length).toBe(10)
  })
})

/** Without lines below what another line makes no directory: no layer has them. */
function realLines(all: readonly string[]): readonly string[] {
  const last = new Map(all.map((one) => [change(one).path, one]))
  const blocked = [...last.values()].map(change).filter(({ kind }) => kind !== 'directory')
  return [...last.values()].filter((one) => !blocked.some(({ path }) => change(one).path.startsWith(`${path}/`)))
}

/** The files that layers make when each is written over those below. */
function byHand(layers: readonly Tree[]): Tree {
  const files = new Map<TreePath, Entry>()
  const removeBelow = (at: TreePath) => {
    for (const path of files.keys()) if (path.startsWith(`${at}/`)) files.delete(path)
  }
  for (const change of layers.flatMap((one) => [...walk(one)])) {
    const before = files.get(change.path)
    if (change.kind !== 'directory' || change.opaque) removeBelow(change.path)
    if (change.kind === 'whiteout') files.delete(change.path)
    else if (change.kind !== 'directory') files.set(change.path, change)
    else if (!change.implied || before?.kind !== 'directory') {
      const { opaque: _, implied: __, ...plain } = change
      files.set(change.path, plain)
    }
  }
  return treeOfEntries(files.values())
}
