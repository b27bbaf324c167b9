import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Context, findIgnoreFile, openContext } from '../../src/context/index.ts'
import { readSmall, resolvePath, rootPath, select, treePath, walk } from '../../src/tree/index.ts'
import { conformanceCases } from '../support/conformance.ts'
import { conformanceTable } from '../support/conformance-table.ts'
import { writeFiles } from '../support/files.ts'
import { scratch } from '../support/scratch.ts'
import { lines } from '../support/tree.ts'

/** A context with these files, and this ignore file if any. */
async function contextOf(files: Readonly<Record<string, string>>, ignored?: string): Promise<Context> {
  const directory = await scratch()
  writeFiles(directory, files)
  return openContext(directory, ignored === undefined ? undefined : { name: '.dockerignore', text: ignored })
}

/** Paths as conformance writes them: directories end with a slash. */
function pathsOf({ tree }: Context): readonly string[] {
  return [...walk(tree)].map((entry) => (entry.kind === 'directory' ? `${entry.path}/` : entry.path))
}

const follow = ({ tree }: Context, path: string) => resolvePath(tree, treePath(path), { followLast: true })

interface WalkRow {
  readonly text: string
  /** Directories end with a slash. */
  readonly kept: readonly string[]
  readonly tree: readonly string[]
}

conformanceTable<WalkRow>('dockerignore.json', 'walk', ['text', 'kept', 'tree'], async ({ text, kept, tree }) => {
  const context = await contextOf(Object.fromEntries(tree.map((name) => [name, 'x'])), text)
  expect([...pathsOf(context)].sort()).toEqual([...kept].sort())
})

interface BuildRow {
  readonly name: string
  readonly dockerfile: string
  readonly files?: Readonly<Record<string, string>>
  readonly sameFilesAs?: string
  readonly present?: Readonly<Record<string, string>>
  readonly absent?: readonly string[]
  readonly error?: boolean
}

const builds = conformanceCases<BuildRow>('dockerignore.json', 'context')
const buildFields = ['name', 'dockerfile', 'files', 'sameFilesAs', 'present', 'absent', 'error'] as const
conformanceTable<BuildRow>('dockerignore.json', 'context', buildFields, async (row) => {
  const { dockerfile, files, sameFilesAs, present = {}, absent = [], error } = row
  const directory = await scratch()
  writeFiles(directory, files ?? builds.find((other) => other.name === sameFilesAs)?.files ?? {})
  const open = async () => openContext(directory, await findIgnoreFile(directory, join(directory, dockerfile)))
  if (error) return expect(open()).rejects.toThrow(expect.objectContaining({ code: 'TSB_IGNORE_PATTERN' }))
  const { tree } = await open()
  for (const [path, text] of Object.entries(present)) {
    const file = tree.get(treePath(path))
    expect(file?.kind === 'file' && Buffer.from(await readSmall(file, 1000)).toString()).toBe(text)
  }
  for (const path of absent) expect(tree.get(treePath(path))).toBeUndefined()
})

describe('openContext', () => {
  it('shows all files as owned by 0:0, with their modes', async () => {
    const directory = await scratch()
    writeFiles(directory, { run: 'x' })
    chmodSync(join(directory, 'run'), 0o4750)
    if (process.getuid?.() === 0) chownSync(join(directory, 'run'), 12, 34)
    chmodSync(join(directory, 'run'), 0o4750)
    expect(openContext(directory).tree.get(treePath('run'))).toMatchObject({ mode: 0o4750, uid: 0, gid: 0 })
  })

  it('names the directory only when all of it is shown', async () => {
    expect(await contextOf({ a: '' })).toHaveProperty('directory')
    expect(await contextOf({ a: '' }, '# nothing\n')).toHaveProperty('directory')
    expect(await contextOf({ a: '' }, 'b')).not.toHaveProperty('directory')
  })

  it('does not list a directory that is excluded as a whole', async () => {
    const directory = await scratch()
    writeFiles(directory, { 'node_modules/x/y': '', 'src/a': '' })
    execFileSync('rm', ['-r', join(directory, 'node_modules')])
    const context = openContext(directory, { name: '.dockerignore', text: 'node_modules\n!src/keep' })
    writeFiles(directory, { 'node_modules/x': '-> y' })
    expect(pathsOf(context)).toEqual(['src/', 'src/a'])
  })

  it('refuses a directory that is not there, and a file', async () => {
    const directory = await scratch()
    writeFiles(directory, { f: '' })
    const missing = expect.objectContaining({ code: 'TSB_CONTEXT_MISSING' })
    expect(() => openContext(join(directory, 'nope'))).toThrow(missing)
    expect(() => openContext(join(directory, 'f'))).toThrow(missing)
  })

  it('says which line takes a path away', async () => {
    const context = await contextOf({ 'a/b': '', '.env': '', l: '-> .env', c: '' }, '# c\n.env\na\n!a/c\n')
    expect(context.excludedBy('/.env')).toBe('.dockerignore:2')
    expect(context.excludedBy('a/b')).toBe('.dockerignore:3')
    expect(context.excludedBy('l')).toBe('.dockerignore:2')
    expect(context.excludedBy('c')).toBeUndefined()
    expect(context.excludedBy('a/nope')).toBeUndefined()
  })
})

describe('attacks from a context', () => {
  it('C01 a link that leads out of the context leads nowhere, and is named', async () => {
    const root = await scratch()
    writeFiles(root, {
      canary: 'CANARY',
      'c/l': `-> ${root}/canary`,
      'c/up': '-> ../canary',
      'c/in': '-> d/f',
      'c/d/f': '',
    })
    const context = openContext(join(root, 'c'))
    for (const name of ['l', 'up']) {
      expect(follow(context, name).entry).toBeUndefined()
      expect(context.leavesBy(name)).toMatchObject({ path: name })
    }
    expect(follow(context, 'in')).toMatchObject({ path: 'd/f' })
    expect(context.leavesBy('in')).toBeUndefined()
  })

  it('C02 a linked directory that leads out of the context leads nowhere', async () => {
    const root = await scratch()
    writeFiles(root, { canary: 'CANARY', 'c/d': `-> ${root}`, 'c/e': '-> ..' })
    const context = openContext(join(root, 'c'))
    expect(follow(context, 'd/canary').entry).toBeUndefined()
    expect(follow(context, 'd').entry).toBeUndefined()
    expect(follow(context, 'e/canary').entry).toBeUndefined()
    expect(context.tree.get(treePath('d/canary'))).toBeUndefined()
    expect(context.tree.list(treePath('d'))).toEqual([])
    expect(select(context.tree, 'd/*')).toEqual([])
  })

  it('C04 an ignored file is not there for links either', async () => {
    const context = await contextOf({ '.env': 'CANARY', l: '-> .env', 'd/s': 'x', m: '-> d/s' }, '.env\nd\n')
    expect(follow(context, 'l').entry).toBeUndefined()
    expect(follow(context, 'm').entry).toBeUndefined()
    expect(context.excludedBy('l')).toBe('.dockerignore:1')
    expect(lines(context.tree).join()).not.toContain('.env\n')
  })

  it('C05 .. stops at the root of the context', async () => {
    const root = await scratch()
    writeFiles(root, { canary: 'CANARY', 'c/d/f': '' })
    const context = openContext(join(root, 'c'))
    expect(select(context.tree, '../../canary')).toEqual(['canary'])
    expect(follow(context, '../../canary').entry).toBeUndefined()
    expect(select(context.tree, '*/../../c*')).toEqual([])
  })

  it('C19 a fifo or device is refused when it is chosen, without being opened', async () => {
    const directory = await scratch()
    writeFiles(directory, { a: 'x' })
    execFileSync('mkfifo', [join(directory, 'p')])
    const { tree } = openContext(directory)
    expect(tree.list(rootPath)).toEqual(['a', 'p'])
    expect(tree.get(treePath('a'))).toMatchObject({ kind: 'file' })
    expect(() => [...walk(tree)]).toThrow(expect.objectContaining({ code: 'TSB_CONTEXT_SPECIAL' }))
    expect(lines(openContext(directory, { name: '.dockerignore', text: 'p' }).tree)).toEqual([
      expect.stringContaining('/a'),
    ])
  })

  it('the store is no part of a context that it lies in', async () => {
    const directory = await scratch()
    writeFiles(directory, { 'app/main.c': 'x', 'app/store/oci/index.json': '{}', 'app/store.md': 'x' })
    const context = openContext(directory, undefined, `${directory}/app/store`)
    expect(pathsOf(context)).toEqual(['app/', 'app/main.c', 'app/store.md'])
    expect(context.directory).toBeUndefined()
    expect(context.excludedBy('/app/store/oci')).toMatch(/store/)
    expect(context.excludedBy('/app/main.c')).toBeUndefined()
    expect(openContext(directory, undefined, `${directory}-store`).directory).toBe(directory)
  })

  it('C20 a pattern with many stars takes no exponential time', async () => {
    const name = 'a'.repeat(250)
    const context = await contextOf({ [`${name}/${name}/${name}`]: '' }, '**/**/**/a*a*a*a*a*a*a*a*a*b\n')
    expect(pathsOf(context)).toHaveLength(3)
  })
})
