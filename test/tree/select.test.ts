import { describe, expect, it } from 'vitest'
import { select, splitPivot } from '../../src/tree/index.ts'
import { tree } from '../support/tree.ts'

const world = tree(
  'file /.hidden',
  'file /a.md',
  'file /b.txt',
  'dir /d',
  'file /d/f.md',
  'dir /d/e',
  'file /d/e/f.md',
  'dir /d/e/g',
  'file /d/e/g/f.md',
  'link /ld -> d',
  'link /l.md -> d/f.md',
  'file /x[y',
)

describe('select', () => {
  it('takes a path without wildcards as it is, there or not', () => {
    expect(select(world, 'd/f.md')).toEqual(['d/f.md'])
    expect(select(world, 'nope/')).toEqual(['nope'])
    expect(select(world, '/')).toEqual([''])
  })

  it('matches names that begin with a dot', () => {
    expect(select(world, '*')).toEqual(['.hidden', 'a.md', 'b.txt', 'd', 'l.md', 'ld', 'x[y'])
  })

  it('matches ** as *', () => {
    expect(select(world, '**/*.md')).toEqual(['d/f.md'])
    expect(select(world, 'd/**/f.md')).toEqual(['d/e/f.md'])
  })

  it('walks a link before the first wildcard, and none after it', () => {
    expect(select(world, 'ld/*.md')).toEqual(['d/f.md'])
    expect(select(world, 'l*/f.md')).toEqual([])
    expect(select(world, 'l*')).toEqual(['l.md', 'ld'])
  })

  it('gives nothing for a wildcard that matches nothing', () => {
    expect(select(world, 'nope*')).toEqual([])
    expect(select(world, 'nope/*')).toEqual([])
  })

  it('takes a bracket in a class as itself', () => {
    expect(select(world, 'x[[]y')).toEqual(['x[y'])
  })

  it('C05 .. stops at the root, also behind a wildcard', () => {
    expect(select(world, '../../a.md')).toEqual(['a.md'])
    expect(select(world, '*/../../b.txt')).toEqual(['b.txt'])
    expect(select(world, '../*.txt')).toEqual(['b.txt'])
  })

  it('refuses a pattern that means nothing', () => {
    expect(() => select(world, 'a[')).toThrow(expect.objectContaining({ code: 'TSB_PATTERN' }))
  })
})

describe('splitPivot', () => {
  it('cuts at the first /./ only', () => {
    expect(splitPivot('/test/a/./b/./c')).toEqual({ start: '/test/a', pattern: 'b/c' })
    expect(splitPivot('./a/./b/f')).toEqual({ start: './a', pattern: 'b/f' })
  })

  it('starts at the root when there is none', () => {
    expect(splitPivot('/test/a/b/c/d/.')).toEqual({ start: '', pattern: 'test/a/b/c/d' })
    expect(splitPivot('./test/a')).toEqual({ start: '', pattern: 'test/a' })
  })
})
