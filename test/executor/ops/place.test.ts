import { describe, expect, it } from 'vitest'
import { parseMode } from '../../../src/executor/ops/mode.ts'
import { type Placement, placeFile } from '../../../src/executor/ops/place.ts'
import { baseName, editTree, treePath } from '../../../src/tree/index.ts'
import { lines, tree } from '../../support/tree.ts'

const plain: Placement = { owner: undefined, mode: undefined, now: 9 }
const code = (name: string) => expect.objectContaining({ code: name })

/** The layer of copying `from` of a source tree to `dest` on a base. */
function placed(base: readonly string[], source: readonly string[], from: string, dest: string, changes = {}) {
  const files = editTree(tree(...base))
  const sources = tree(...source)
  const entry = sources.get(treePath(from))
  if (!entry) throw new Error(`no ${from}`)
  placeFile(files, { tree: sources, entry, name: baseName(treePath(from)) }, dest, { ...plain, ...changes })
  return lines(files.changes())
}

const src = ['dir[mode=700] /d', 'file /d/f x', 'dir[mode=750,uid=7] /d/sub', 'file /d/sub/g y', 'link /d/l -> f']

describe('COPY of a file', () => {
  it('goes under its own name into a directory that exists or ends in a slash', () => {
    expect(placed(['dir[mode=701] /app'], ['file /f x'], 'f', '/app')).toEqual(['dir[mode=701] /app', 'file /app/f x'])
    expect(placed([], ['file /f x'], 'f', '/new/')).toEqual(['dir /new', 'file /new/f x'])
  })

  it('else takes the name of the destination', () => {
    expect(placed([], ['file /f x'], 'f', '/a/b')).toEqual(['dir /a', 'file /a/b x'])
  })

  it('follows links of the destination inside the image, the last one too', () => {
    expect(placed(['dir /usr/lib', 'link /lib -> usr/lib'], ['file /f x'], 'f', '/lib/f')).toContain(
      'file /usr/lib/f x',
    )
    expect(placed(['link /etc/c -> ../real'], ['file /f x'], 'f', '/etc/c')).toContain('file /real x')
    expect(placed(['link /out -> ../../..'], ['file /f x'], 'f', '/out/')).toEqual(['file /f x'])
  })

  it('does not go through a file', () => {
    expect(() => placed(['file /etc/passwd'], ['file /f x'], 'f', '/etc/passwd/x')).toThrow(code('TSB_NOT_A_DIRECTORY'))
  })
})

describe('COPY of a directory', () => {
  it('copies what is in it; a new destination is 0755, directories below keep mode and owner', () => {
    expect(placed([], src, 'd', '/app')).toEqual([
      'dir /app',
      'file /app/f x',
      'link /app/l -> f',
      'dir[mode=750,uid=7] /app/sub',
      'file /app/sub/g y',
    ])
  })

  it('leaves mode and owner of a destination that exists', () => {
    expect(placed(['dir[mode=711,uid=3] /app'], ['dir /d', 'file /d/f x'], 'd', '/app')[0]).toBe(
      'dir[mode=711,uid=3] /app',
    )
  })

  it('and something else never replace each other', () => {
    expect(() => placed(['link /t/sub -> real'], src, 'd', '/t/')).toThrow(code('TSB_COPY_CONFLICT'))
    expect(() => placed(['dir /t/f'], src, 'd', '/t/')).toThrow(code('TSB_COPY_CONFLICT'))
    expect(() => placed(['file /t'], src, 'd', '/t')).toThrow(code('TSB_COPY_CONFLICT'))
  })

  it('keeps hard links between the files that it copies', () => {
    const linked = ['file /d/a x', 'hardlink /d/b = /d/a']
    expect(placed([], linked, 'd', '/t')).toEqual(['dir /t', 'file /t/a x', 'hardlink /t/b = /t/a'])
  })
})

describe('COPY of a directory of which some was asked for', () => {
  it('leaves the owner of a directory on the way as it is, and gives it the mode of the source', () => {
    const files = editTree(tree('dir[mode=700,uid=9] /t', 'dir[mode=700,uid=9] /t/a', 'dir[mode=700,uid=9] /t/b'))
    const sources = tree(
      'dir /s',
      'dir[mode=751] /s/a',
      'file /s/a/f x',
      'dir /s/b',
      'dir[mode=711] /s/c',
      'file /s/c/g x',
    )
    const entry = sources.get(treePath('s'))
    if (!entry) throw new Error('no directory')
    const accepts = (path: string) => path === 'b' || path.includes('/')
    placeFile(files, { tree: sources, entry, name: 's', accepts }, '/t', { ...plain, mode: parseMode('0640') })
    expect(lines(files.changes())).toEqual([
      'dir[mode=700,uid=9] /t',
      'dir[mode=751,uid=9] /t/a',
      'file[mode=640] /t/a/f x',
      'dir[mode=640] /t/b',
      'dir[mode=640] /t/c',
      'file[mode=640] /t/c/g x',
    ])
  })
})

describe('--chown and --chmod', () => {
  const owner = { uid: 5, gid: 6 }

  it('hit all that is copied, and directories made on the way, which get no special bits', () => {
    expect(placed([], ['file /f x'], 'f', '/a/f', { owner, mode: parseMode('4750') })).toEqual([
      'dir[mode=750,uid=5,gid=6] /a',
      'file[mode=4750,uid=5,gid=6] /a/f x',
    ])
  })

  it('as a symbolic mode leave directories made on the way alone', () => {
    expect(placed([], ['file /f x'], 'f', '/a/f', { mode: parseMode('u+x') })).toEqual([
      'dir /a',
      'file[mode=744] /a/f x',
    ])
  })

  it('do not change the mode of a link', () => {
    expect(placed([], src, 'd', '/a', { mode: parseMode('0600') })).toContain('link /a/l -> f')
  })
})
