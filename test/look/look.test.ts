import { describe, expect, it } from 'vitest'
import {
  type ComparedLayer,
  compareFiles,
  configChanges,
  eventsOf,
  type FileNode,
  fileTree,
  findWaste,
  type LayerFacts,
  locate,
  pairLayers,
} from '../../src/look/index.ts'
import { overlay, type Tree, treePath } from '../../src/tree/index.ts'
import { layer } from '../support/tree.ts'

/** A tree as lines: mark, path, bytes. */
function linesOf(node: FileNode, path = ''): readonly string[] {
  return (node.children ?? []).flatMap((child) => {
    const at = `${path}/${child.name}`
    return [`${child.mark ?? 'same'} ${at} ${child.size}`, ...linesOf(child, at)]
  })
}

const below = layer(
  'dir /etc',
  'file /etc/a 12',
  'dir /old',
  'file /old/x 1234',
  'dir /o',
  'file /o/1 1',
  'file /keep k',
)
const above = layer('file /etc/a 123', 'file /etc/new n', 'gone /old', 'opaque /o', 'file /o/2 22')

describe('the files of a layer', () => {
  it('are marked by what the layer did to each', async () => {
    const root = await fileTree({ layer: above, below: overlay([below]), show: 'layer' })
    expect(linesOf(root)).toEqual([
      'changed /etc 4',
      'changed /etc/a 3',
      'added /etc/new 1',
      'changed /o 2',
      'removed /o/1 1',
      'added /o/2 2',
      'removed /old 4',
      'removed /old/x 4',
    ])
    expect(root.size).toBe(6)
  })

  it('with all files of the image show what stays', async () => {
    const root = await fileTree({ layer: above, below: overlay([below]), show: 'image' })
    expect(linesOf(root)).toContain('same /keep 1')
    expect(linesOf(root)).toContain('removed /old/x 4')
  })

  it('without the layers below are known to be written, no more', async () => {
    const root = await fileTree({ layer: above, below: undefined, show: 'layer' })
    expect(linesOf(root)).toEqual([
      'written /etc 4',
      'written /etc/a 3',
      'written /etc/new 1',
      'written /o 2',
      'written /o/2 2',
      'removed /old 0',
    ])
  })

  it('with a file in place of a directory is one that changed', async () => {
    const root = await fileTree({ layer: layer('file /old f'), below: overlay([below]), show: 'layer' })
    expect(linesOf(root)).toEqual(['changed /old 1'])
  })
})

describe('wasted space', () => {
  it('is counted as dive counts it: all versions of what was written twice', async () => {
    const waste = await findWaste([layer('file /a 1234', 'file /b 1'), layer('file /a 12'), layer('file /c 333')])
    expect(waste.files).toEqual([{ path: '/a', count: 2, total: 6, hidden: 4, writtenBy: [0, 1] }])
    expect(waste).toMatchObject({ wastedBytes: 6, hiddenBytes: 4, imageBytes: 10, layerBytes: [5, 2, 3] })
    expect(waste.userWastedPercent).toBe(6 / 5)
    expect(waste.efficiency).toBe((2 + 1 + 3) / 10)
  })

  it('of a removed directory is one row with all that was in it', async () => {
    const { files, hiddenBytes, efficiency } = await findWaste([
      layer('dir /d', 'file /d/1 1', 'file /d/2 22'),
      layer('file /d/3 333'),
      layer('gone /d'),
    ])
    expect(files).toEqual([{ path: '/d/', count: 3, total: 6, hidden: 6, writtenBy: [0, 1], removedBy: 2 }])
    expect([hiddenBytes, efficiency]).toEqual([6, 0])
  })

  it('is in what an opaque directory, a file in place of a directory and a directory in place of a file hide', async () => {
    const hidden = async (lower: Tree, upper: Tree) => (await findWaste([lower, upper])).hiddenBytes
    expect(await hidden(layer('dir /d', 'file /d/1 1', 'file /d/2 22'), layer('opaque /d', 'file /d/2 2'))).toBe(3)
    expect(await hidden(layer('dir /d', 'file /d/1 1'), layer('file /d x'))).toBe(1)
    expect(await hidden(layer('file /d 12'), layer('dir /d', 'file /d/1 1'))).toBe(2)
  })

  it('is none where each file is there once, and in no layers at all', async () => {
    expect(await findWaste([layer('file /a 1'), layer('file /b 1')])).toMatchObject({ efficiency: 1, files: [] })
    expect(await findWaste([])).toMatchObject({ efficiency: 1, wastedBytes: 0, userWastedPercent: 0 })
  })
})

describe('who wrote a path', () => {
  it('is told with who changed and removed it, also by the directory above', () => {
    const layers = [
      layer('dir /d', 'file /d/f 1'),
      layer('file /other x'),
      layer('file /d/f 22'),
      layer('gone /d'),
      layer('file /d/f 3'),
      layer('opaque /d'),
    ]
    const events = eventsOf(treePath('/d/f'), layers).map(({ layer, what }) => `${layer} ${what}`)
    expect(events).toEqual(['0 added', '2 changed', '3 removed', '4 added', '5 removed'])
  })

  it('of a directory passes over layers that only lead through it', () => {
    const events = eventsOf(treePath('/d'), [layer('dir /d'), layer('file /d/f x')])
    expect(events.map(({ layer }) => layer)).toEqual([0])
  })
})

describe('a path of an image', () => {
  const find = async (path: string, ...layers: readonly Tree[]) => {
    const opened: number[] = []
    const open = async (index: number) => {
      opened.push(index)
      return layers[index] ?? layer()
    }
    const found = await locate(treePath(path), { count: layers.length, open })
    return { path: found?.path, layer: found?.layer, kind: found?.entry.kind, lowest: Math.min(...opened) }
  }

  it('is looked for from the highest layer, and no lower layer is read than the one that has it', async () => {
    const layers = [layer('file /etc/a 1'), layer('file /etc/b 1'), layer('file /etc/c 1')]
    expect(await find('/etc/b', ...layers)).toMatchObject({ path: 'etc/b', layer: 1, kind: 'file', lowest: 1 })
    expect((await find('/etc/c', layer('dir /etc'), layer('opaque /etc', 'file /etc/c 1'))).lowest).toBe(1)
    expect(await find('/etc/x', ...layers)).toMatchObject({ path: undefined })
  })

  it('is not found below what was removed, hidden or replaced', async () => {
    expect((await find('/d/f', layer('file /d/f 1'), layer('gone /d'))).path).toBeUndefined()
    expect((await find('/d/f', layer('file /d/f 1'), layer('opaque /d'))).path).toBeUndefined()
    expect((await find('/d/f', layer('file /d/f 1'), layer('file /d x'))).path).toBeUndefined()
  })

  it('follows links inside the image, and never out of it', async () => {
    const layers = [
      layer('dir /usr/bin', 'file /usr/bin/sh x'),
      layer('link /bin -> usr/bin', 'link /up -> ../../usr/bin/sh'),
    ]
    expect(await find('/bin/sh', ...layers)).toMatchObject({ path: 'usr/bin/sh', layer: 0 })
    expect(await find('/up', ...layers)).toMatchObject({ path: 'usr/bin/sh' })
    await expect(find('/a', layer('link /a -> /b', 'link /b -> /a'))).rejects.toMatchObject({ code: 'TSB_PATH_LOOP' })
  })
})

describe('two images', () => {
  const facts = (...ids: readonly string[]) =>
    ids.map((id, index) => ({ index, diffId: id, digest: id, size: 1, createdBy: id }) as unknown as LayerFacts)
  const own = (...lines: readonly string[]): ComparedLayer => ({ tree: layer(...lines), isShared: false })
  const shared = (...lines: readonly string[]): ComparedLayer => ({ tree: layer(...lines), isShared: true })
  const unread: ComparedLayer = { tree: undefined, isShared: true }
  const compare = async (a: readonly ComparedLayer[], b: readonly ComparedLayer[], times = false) => {
    const { files, onlyTimes } = await compareFiles(a, b, times)
    return { files: files.map(({ kind, path, what }) => [kind, path, ...what].join(' ')), onlyTimes }
  }

  it('have as many layers paired as can be, in order', () => {
    const pairs = pairLayers(facts('base', 'a', 'x', 'y'), facts('base', 'b', 'x', 'z', 'y'))
    const shown = pairs.map(({ before, after }) => `${before?.diffId ?? ''}|${after?.diffId ?? ''}`)
    expect(shown).toEqual(['base|base', 'a|', '|b', 'x|x', '|z', 'y|y'])
  })

  it('differ in files by kind, bytes, target, mode and owner', async () => {
    const base = shared('dir /d', 'file /d/gone 1', 'file /same s', 'dir /r', 'file /r/1 1', 'file /r/2 2')
    const a = [base, own('file /f 1', 'link /l -> a', 'file /m 1', 'file /o 1', 'file /k 1', 'gone /r')]
    const b = [
      base,
      own(
        'file /f 2',
        'link /l -> b',
        'file[mode=755] /m 1',
        'file[uid=5] /o 1',
        'dir /k',
        'gone /d/gone',
        'file /new n',
      ),
    ]
    expect((await compare(a, b)).files).toEqual([
      'removed /d/gone',
      'changed /f content',
      'changed /k kind',
      'changed /l target',
      'changed /m mode',
      'added /new',
      'changed /o owner',
      'added /r',
      'added /r/1',
      'added /r/2',
    ])
  })

  it('that differ in times alone have no differences, and those are counted', async () => {
    const [a, b] = [[own('file[mtime=1] /f 1')], [own('file[mtime=2] /f 1')]]
    expect(await compare(a, b)).toEqual({ files: [], onlyTimes: 1 })
    expect((await compare(a, b, true)).files).toEqual(['changed /f time'])
  })

  it('with equal layers that were not read say where they do not know', async () => {
    const a = [unread, own('file /etc/passwd 1', 'file /both 1', 'gone /x')]
    const b = [unread, own('file /both 2')]
    expect((await compare(a, b)).files).toEqual(['changed /both content', 'written /etc/passwd', 'added /x'])
  })

  it('differ in config by the values that people set', () => {
    const config = (more: object) => ({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers' as const, diff_ids: [] },
      config: more,
    })
    const changes = configChanges(
      config({ Env: ['A=1', 'B=2'], Cmd: ['sh'], Labels: { v: '1' } }),
      config({ Env: ['A=1', 'B=3'], Cmd: ['sh'], User: 'me' }),
    )
    expect(changes).toEqual([
      { key: 'Env.B', before: '2', after: '3' },
      { key: 'Labels.v', before: '1' },
      { key: 'User', after: 'me' },
    ])
  })
})
