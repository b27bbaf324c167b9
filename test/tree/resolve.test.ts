import { describe, expect, it } from 'vitest'
import { resolvePath, treePath } from '../../src/tree/index.ts'
import { tree } from '../support/tree.ts'

const world = tree(
  'dir /etc',
  'file /etc/passwd root',
  'dir /a',
  'dir /a/b',
  'file /a/b/f hi',
  'link /abs -> /a/b',
  'link /a/up -> ../etc',
  'link /out -> ../../../etc/passwd',
  'link /dangling -> nope/deeper',
  'link /one -> two',
  'link /two -> one',
  'link /a/self -> .',
)
const follow = (path: string) => resolvePath(world, treePath(path), { followLast: true })
const stay = (path: string) => resolvePath(world, treePath(path), { followLast: false })

describe('resolvePath', () => {
  it('follows links on the way as if the tree were /', () => {
    expect(follow('abs/f')).toMatchObject({ path: 'a/b/f', entry: { kind: 'file' }, reached: 'a/b/f' })
    expect(follow('a/up/passwd')).toMatchObject({ path: 'etc/passwd', entry: { kind: 'file' } })
    expect(follow('a/self/self/b')).toMatchObject({ path: 'a/b', entry: { kind: 'directory' } })
  })

  it('stops at the root of the tree when a link climbs higher', () => {
    expect(follow('out')).toMatchObject({ path: 'etc/passwd', entry: { kind: 'file' }, link: { path: 'out' } })
  })

  it('leaves the last piece alone when asked to', () => {
    expect(stay('abs')).toMatchObject({ path: 'abs', entry: { kind: 'symlink' } })
    expect(stay('abs/f')).toMatchObject({ path: 'a/b/f' })
  })

  it('says where a missing path would be, and how far the way goes', () => {
    expect(follow('abs/new/dir')).toMatchObject({ path: 'a/b/new/dir', entry: undefined, reached: 'a/b' })
    expect(follow('dangling')).toMatchObject({ path: 'nope/deeper', entry: undefined, reached: '' })
    expect(follow('etc/passwd/x')).toMatchObject({ path: 'etc/passwd/x', entry: undefined, reached: 'etc/passwd' })
  })

  it('looks again where a way goes back from something missing', () => {
    const odd = tree('link /x -> nope/../l/f', 'link /l -> d', 'dir /d', 'file /d/f hi')
    expect(resolvePath(odd, treePath('x'), { followLast: true })).toMatchObject({
      path: 'd/f',
      entry: { kind: 'file' },
    })
  })

  it('finds the root', () => {
    expect(follow('')).toMatchObject({ path: '', entry: { kind: 'directory' } })
  })

  it('A34 links in a circle end as TSB_PATH_LOOP', () => {
    expect(() => follow('one/x')).toThrow(expect.objectContaining({ code: 'TSB_PATH_LOOP' }))
    expect(stay('one')).toMatchObject({ entry: { kind: 'symlink' } })
  })
})
