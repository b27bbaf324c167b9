import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { filterTree, overlay, survey, treeOfDirectory, treeOfEntries, treePath } from '../../src/tree/index.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-survey-'))
  mkdirSync(join(root, 'app/lib'), { recursive: true })
  writeFileSync(join(root, 'app/a'), 'a')
  writeFileSync(join(root, 'app/lib/b'), 'bb')
  symlinkSync('a', join(root, 'app/link'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const look = (path = 'app') => survey(treeOfDirectory(root, { owners: 'root', xattrs: 'none' }), [treePath(path)])

describe('survey', () => {
  test('the same files give the same id, and nothing is read', () => {
    const before = look()
    expect(before?.id).toMatch(/^sha256:/)
    expect(look()).toEqual(before)
  })

  test.each<[string, () => void]>([
    ['other bytes of the same size and mtime', () => rewrite('app/a', 'x')],
    ['another size', () => writeFileSync(join(root, 'app/lib/b'), 'bbb')],
    ['another mode of a file', () => chmodSync(join(root, 'app/a'), 0o755)],
    ['another mode of a directory', () => chmodSync(join(root, 'app/lib'), 0o700)],
    ['a new file', () => writeFileSync(join(root, 'app/lib/c'), '')],
    ['a file that is gone', () => rmSync(join(root, 'app/lib/b'))],
    ['another name', () => renameSync(join(root, 'app/a'), join(root, 'app/z'))],
    ['another file in its place', () => replace('app/a')],
    ['a link that leads elsewhere', () => relink('app/link')],
    ['a file that became a directory', () => becomeDirectory('app/a')],
  ])('changes with %s', (_, change) => {
    const before = look()
    change()
    expect(look()?.id).not.toBe(before?.id)
  })

  test('what comes and goes beside what is looked at does not count', () => {
    const before = look('app/lib')
    writeFileSync(join(root, 'app/other'), '')
    utimesSync(join(root, 'app/lib'), 1, 1)
    expect(look('app/lib')?.id).toBe(before?.id)
  })

  test('the newest change of a file is told', () => {
    const before = look()?.newest ?? 0n
    untilAfter(before)
    linkSync(join(root, 'app/a'), join(root, 'app/lib/again'))
    expect(look()?.newest).toBeGreaterThan(before)
  })

  test('sees of a filtered tree what the filter shows', () => {
    const shown = () =>
      survey(
        filterTree(treeOfDirectory(root, { xattrs: 'none' }), treePath(''), (path) => path !== 'app/a'),
        [treePath('app')],
      )
    const before = shown()
    writeFileSync(join(root, 'app/a'), 'longer')
    expect(shown()?.id).toBe(before?.id)
    writeFileSync(join(root, 'app/lib/b'), 'longer')
    expect(shown()?.id).not.toBe(before?.id)
  })

  test('there is none of trees that are not of this machine, nor of what is missing', () => {
    expect(survey(overlay([treeOfEntries([])]), [treePath('')])).toBeUndefined()
    expect(survey(treeOfDirectory(root), [treePath('app')])).toBeUndefined()
    expect(look('missing')).toBeUndefined()
  })
})

/** The clock of a file system goes in steps of some milliseconds: what comes within one has the same time. */
function untilAfter(time: bigint): void {
  const file = join(root, 'clock')
  do writeFileSync(file, 'x')
  while (statSync(file, { bigint: true }).ctimeNs <= time)
}

function rewrite(path: string, text: string): void {
  writeFileSync(join(root, path), text)
  utimesSync(join(root, path), 1000, 1000)
}

function replace(path: string): void {
  writeFileSync(join(root, 'fresh'), 'a')
  renameSync(join(root, 'fresh'), join(root, path))
}

function relink(path: string): void {
  rmSync(join(root, path))
  symlinkSync('b', join(root, path))
}

function becomeDirectory(path: string): void {
  rmSync(join(root, path))
  mkdirSync(join(root, path))
}
