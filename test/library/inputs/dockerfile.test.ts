import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build, plan } from '../../../src/index.ts'
import { buildFrom } from '../../support/inputs.ts'
import { tar } from '../../support/tar.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

describe('the Dockerfile', () => {
  let workspace: Workspace
  let number = 0
  beforeAll(async () => {
    workspace = await openWorkspace()
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  /** Writes files below a fresh folder, and gives its name. */
  function folder(files: Readonly<Record<string, string>>): string {
    const name = `w${number++}`
    workspace.write(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])))
    return name
  }
  const labelled = (name: string) => `FROM scratch\nLABEL from=${name}\n`
  const chosen = async (cwd: string, options: Partial<Parameters<typeof plan>[0]> = {}) => {
    const environment = { ...workspace.environment, cwd: join(workspace.directory, cwd) }
    return (await plan({ context: 'c', ...options }, environment)).image.config.config?.Labels?.['from']
  }

  it('is Dockerfile of the context, else dockerfile, else Containerfile', async () => {
    const all = { 'c/Dockerfile': labelled('a'), 'c/dockerfile': labelled('b'), 'c/Containerfile': labelled('c') }
    expect(await chosen(folder(all))).toBe('a')
    expect(await chosen(folder({ 'c/dockerfile': all['c/dockerfile'], 'c/Containerfile': labelled('c') }))).toBe('b')
    expect(await chosen(folder({ 'c/Containerfile': all['c/Containerfile'] }))).toBe('c')
    await expect(chosen(folder({ 'c/x': '' }))).rejects.toMatchObject({
      code: 'TSB_DOCKERFILE_NOT_FOUND',
      hint: expect.stringContaining('no Dockerfile, dockerfile, Containerfile in'),
    })
  })

  it('of -f is read up to its limit, also from a device that has no end', async () => {
    const cwd = folder({ 'c/x': '', Dockerfile: `${labelled('a')}#${'x'.repeat(60_000)}\n` })
    await expect(chosen(cwd, { file: '/dev/zero' })).rejects.toMatchObject({ code: 'TSB_DOCKERFILE_TOO_LARGE' })
    expect(await chosen(cwd, { file: 'Dockerfile' })).toBe('a')
  })

  it('of -f is looked for in the working directory, then in the context', async () => {
    const both = folder({ Own: labelled('cwd'), 'c/Own': labelled('context') })
    expect(await chosen(both, { file: 'Own' })).toBe('cwd')
    const inside = folder({ 'c/Own': labelled('context'), 'c/sub/dockerfile': labelled('lower') })
    expect(await chosen(inside, { file: 'Own' })).toBe('context')
    expect(await chosen(inside, { file: 'sub/Dockerfile' })).toBe('lower')
    expect(await chosen(inside, { file: join(workspace.directory, inside, 'c/Own') })).toBe('context')
    const beside = folder({ 'files/Own': labelled('beside'), 'c/a': '' })
    expect(await chosen(beside, { file: 'files/Own' })).toBe('beside')
    await expect(chosen(beside, { file: 'files' })).rejects.toMatchObject({
      code: 'TSB_DOCKERFILE_NOT_FOUND',
      hint: '-f names the Dockerfile itself, such as files/Dockerfile; the folder is the last argument',
    })
  })

  it('outside of the context has its own ignore file beside it, before that of the context', async () => {
    const files = { 'c/a': '1', 'c/b': '2', 'c/.dockerignore': '*' }
    const copy = 'FROM scratch\nCOPY . /\n'
    const [own, none] = [
      folder({ ...files, 'df/Own': copy, 'df/Own.dockerignore': 'b\n.*' }),
      folder({ ...files, 'df/Own': copy }),
    ]
    const built = async (name: string) =>
      (await buildFrom(workspace, { context: `${name}/c`, file: `${name}/df/Own` })).files
    expect(await built(own)).toEqual(['file 0644 0:0 /a 1'])
    expect(await built(none)).toEqual([])
  })

  it('may be given as a text', async () => {
    const name = folder({ 'c/a': '1', 'c/.dockerignore': '.*' })
    const dockerfile = 'FROM scratch\nCOPY . /\n'
    expect((await buildFrom(workspace, { context: `${name}/c`, dockerfile })).files).toEqual(['file 0644 0:0 /a 1'])
    await expect(buildFrom(workspace, { context: `${name}/c`, dockerfile: 'FORM x\n' })).rejects.toMatchObject({
      at: { source: { name: 'Dockerfile' } },
    })
  })

  it('comes with a context of files in memory, or from the tar of a stream', async () => {
    const files = { Dockerfile: 'FROM scratch\nCOPY . /\n', 'd/a': '1', 'd/b': new Uint8Array([50]) }
    const expected = ['directory 0755 0:0 /d', 'file 0644 0:0 /d/a 1', 'file 0644 0:0 /d/b 2']
    expect((await buildFrom(workspace, { context: { files } })).files.slice(1)).toEqual(expected)
    async function* pieces() {
      const bytes = tar('f Dockerfile=FROM scratch\nCOPY . /\n', 'f d/a=1', 'f d/b=2')
      for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700)
    }
    expect((await buildFrom(workspace, { context: { tar: pieces() } })).files.slice(1)).toEqual(expected)
  })

  it('a context that is not there is an error', async () => {
    await expect(build({ context: 'nowhere' }, workspace.environment)).rejects.toMatchObject({
      code: 'TSB_CONTEXT_NOT_FOUND',
      message: 'unable to prepare context: path "nowhere" not found',
      hint: 'the last argument is the folder that COPY takes files from, often `.`; tsbuild --help lists the commands',
    })
  })

  it('a file as context is an error that says where a Dockerfile is named', async () => {
    const context = join(folder({ Dockerfile: '' }), 'Dockerfile')
    await expect(build({ context }, workspace.environment)).rejects.toMatchObject({
      code: 'TSB_CONTEXT_NOT_FOUND',
      message: `unable to prepare context: ${context} is no directory`,
      hint: expect.stringContaining(`tsbuild -f ${context} .`),
    })
  })
})
