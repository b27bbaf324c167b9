import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openContext } from '../../../src/context/index.ts'
import { chooseFiles } from '../../../src/executor/ops/choose.ts'
import type { OpContext } from '../../../src/executor/ops/op-executor.ts'
import { type CopyOp, type OpId, opId } from '../../../src/graph/index.ts'
import { walk } from '../../../src/tree/index.ts'
import { writeFiles } from '../../support/files.ts'
import { scratch } from '../../support/scratch.ts'

interface Asked {
  readonly sources: readonly string[]
  readonly excludes?: readonly string[]
  readonly parents?: boolean
}

/** What COPY takes of these files: `name: path path…` for each chosen file or directory. */
async function chosen(
  files: Readonly<Record<string, string>>,
  asked: Asked,
  ignored?: string,
): Promise<readonly string[]> {
  const directory = await scratch()
  writeFiles(directory, files)
  const context = openContext(
    join(directory, 'c'),
    ignored === undefined ? undefined : { name: '.dockerignore', text: ignored },
  )
  const from: OpId = opId({ kind: 'context', name: 'context' })
  const op: CopyOp = {
    kind: 'copy',
    onto: opId({ kind: 'scratch' }),
    sources: asked.sources.map((path) => ({ from, path })),
    inline: [],
    dest: '/',
    link: false,
    parents: asked.parents ?? false,
    excludes: asked.excludes ?? [],
  }
  const inputs = { value: () => ({ kind: 'context', name: 'context', files: context }) }
  const found = await chooseFiles(op, { inputs } as unknown as OpContext)
  return found
    .flatMap((source) => source.files)
    .map(({ tree, entry, name }) => [`${name}:`, ...[...walk(tree, entry.path)].map(({ path }) => path)].join(' '))
}

const code = (name: string) => expect.objectContaining({ code: name })

describe('chooseFiles', () => {
  const files = { 'c/d/a.md': '', 'c/d/b.txt': '', 'c/d/sub/c.md': '', 'c/x.md': '', 'c/l': '-> d', 'c/lf': '-> x.md' }

  it('takes the contents of directories, and files by the name they were asked for', async () => {
    expect(await chosen(files, { sources: ['d', 'lf', '*.md'] })).toEqual([
      'd: d/a.md d/b.txt d/sub d/sub/c.md',
      'lf:',
      'x.md:',
    ])
    expect(await chosen(files, { sources: ['l'] })).toEqual(['l: d/a.md d/b.txt d/sub d/sub/c.md'])
  })

  it('leaves out what --exclude says, relative to the source, and never a source that is a file', async () => {
    const asked = { sources: ['d', 'x.md'], excludes: ['*.md', 'sub', '!sub/c.md', 'x.md'] }
    expect(await chosen(files, asked)).toEqual(['d: d/b.txt d/sub d/sub/c.md', 'x.md:'])
  })

  it('takes with --parents what the pattern matches below the pivot', async () => {
    expect(await chosen(files, { sources: ['**/*.md'], parents: true })).toEqual([': d d/a.md d/sub d/sub/c.md x.md'])
    expect(await chosen(files, { sources: ['d/./sub'], parents: true })).toEqual(['d: d/sub d/sub/c.md'])
    expect(await chosen(files, { sources: ['./d/./'], parents: true })).toEqual(['d: d/a.md d/b.txt d/sub d/sub/c.md'])
  })

  it('refuses a plain path or a start of a wildcard that is not there, and takes nothing for a wildcard', async () => {
    const missing = code('TSB_COPY_SOURCE_MISSING')
    await expect(chosen(files, { sources: ['nope'] })).rejects.toThrow(missing)
    await expect(chosen(files, { sources: ['d/nope'], parents: true })).rejects.toThrow(missing)
    await expect(chosen(files, { sources: ['nope/./x'], parents: true })).rejects.toThrow(missing)
    await expect(chosen(files, { sources: ['nope/*'] })).rejects.toThrow(missing)
    expect(await chosen(files, { sources: ['nope*'] })).toEqual([])
    expect(await chosen(files, { sources: ['d/nope*'] })).toEqual([])
    expect(await chosen(files, { sources: ['x.md/*'] })).toEqual([])
    expect(await chosen(files, { sources: ['d/nope*'], parents: true })).toEqual([':'])
  })

  it('C01 C02 a link that leads out of the context is named in TSB_CONTEXT_ESCAPE', async () => {
    const world = { canary: 'CANARY', 'c/l': '-> ../canary', 'c/d': '-> ..' }
    for (const source of ['l', 'd/canary', 'd/nope']) {
      await expect(chosen(world, { sources: [source] })).rejects.toThrow(code('TSB_CONTEXT_ESCAPE'))
    }
    await expect(chosen(world, { sources: ['l'] })).rejects.toThrow('/l is a link to ../canary')
  })

  it('C04 the rule that hides what a link leads to is named', async () => {
    const hidden = chosen({ 'c/.env': 'CANARY', 'c/l': '-> .env' }, { sources: ['l'] }, '.env\n')
    await expect(hidden).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_COPY_SOURCE_MISSING', hint: '.dockerignore:1 excludes it' }),
    )
  })

  it('C05 .. stops at the root of the context', async () => {
    await expect(chosen({ canary: 'CANARY', 'c/f': '' }, { sources: ['../canary'] })).rejects.toThrow(
      code('TSB_COPY_SOURCE_MISSING'),
    )
    expect(await chosen({ canary: 'CANARY', 'c/f': '' }, { sources: ['../../f'] })).toEqual(['f:'])
  })

  it('a path above the context is told how to have a context there', async () => {
    await expect(chosen(files, { sources: ['../y/z'] })).rejects.toMatchObject({
      code: 'TSB_COPY_SOURCE_MISSING',
      message: expect.stringContaining('"/y/z"'),
      hint: '../ does not leave the context; --build-context NAME=.. (seen from the context) and COPY --from=NAME y/z give it',
    })
    expect(await chosen(files, { sources: ['../x.md'] })).toEqual(['x.md:'])
  })
})
