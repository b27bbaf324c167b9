import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../../src/index.ts'
import { expectComplaint } from '../../support/bad-input.ts'
import { tsbuild } from '../../support/command-line.ts'
import { buildFrom } from '../../support/inputs.ts'
import { findOrdinaryUser, noOrdinaryUser } from '../../support/ordinary-user.ts'
import { runProgram } from '../../support/programs.ts'
import { tar } from '../../support/tar.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const dockerfile = 'FROM scratch\nCOPY . /\n'
const archive = tar(`f Dockerfile=${dockerfile}`, 'f other=FROM scratch\nCOPY a /only\n', 'f a=hello')

describe('standard input of the command line', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
    workspace.write({ 'context/a': 'local', 'context/.dockerignore': 'b', 'context/b': '' })
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  /** Runs `tsbuild`, and gives the files that it wrote, by name. */
  async function built(input: string | Uint8Array, ...argv: readonly string[]): Promise<Record<string, string>> {
    const out = join(workspace.directory, 'out')
    rmSync(out, { recursive: true, force: true })
    const { status, stderr } = await tsbuild({ ...workspace, input }, '-o', `type=local,dest=${out}`, ...argv)
    expect(`${status} ${stderr}`).toMatch(/^0 /)
    const names = execFileSync('ls', ['-A', out], { encoding: 'utf8' }).split('\n').filter(Boolean)
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(out, name), 'utf8')]))
  }
  const shell = (command: string) => execFileSync('sh', ['-c', command], { input: archive })

  it.each([
    ['plain', archive],
    ['gzip', gzipSync(archive)],
    ['bzip2', shell('bzip2 -c')],
    ['xz', shell('xz -c')],
    ['zstd', zstdCompressSync(archive)],
  ])('-: is an archive of the context, known by its content (%s)', async (_, bytes) => {
    expect(Object.keys(await built(bytes, '-'))).toEqual(['Dockerfile', 'a', 'other'])
  })

  it('-: with -f, names a file of the archive', async () => {
    expect(await built(archive, '-f', 'other', '-')).toEqual({ only: 'hello' })
    expect(await built(archive, '-f', './x/../other', '-')).toEqual({ only: 'hello' })
  })

  it('-: a text is the Dockerfile, and the context is empty', async () => {
    expect(await built('FROM scratch\nCOPY <<here /there\nx\nhere\n', '-')).toEqual({ there: 'x\n' })
    expect(await built('FROM scratch\nCOPY . /\n', '-')).toEqual({})
  })

  it('-f -: is the Dockerfile, with the context and its ignore file', async () => {
    expect(await built(dockerfile, '-f', '-', 'context')).toEqual({ '.dockerignore': 'b', a: 'local' })
  })

  const refused = async (input: string | Uint8Array, argv: readonly string[], error: RegExp, hint: RegExp) =>
    expectComplaint(await tsbuild({ ...workspace, input }, '-q', ...argv), { error, hint })

  it('cannot be both the context and the Dockerfile', () =>
    refused(archive, ['-f', '-', '-'], /can't use stdin for both build context and dockerfile$/, /archive/))

  it('cannot be the Dockerfile when -f names one', () =>
    refused(dockerfile, ['-f', 'Dockerfile', '-'], /both stdin and flag correspond to Dockerfiles$/, /leave -f/))

  it('is refused when it is empty', () =>
    refused('', ['-'], /standard input is empty$/, /a tar .* or the text of a Dockerfile is expected$/))

  it('is refused when it is neither an archive nor a text', async () => {
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 197) % 251))
    await refused(noise, ['-'], /standard input is neither an archive nor a Dockerfile$/, /a tar/)
    await refused('PK\x03\x04\x14\0\0\0', ['-'], /standard input is a zip archive$/, /make a tar/)
  })

  it('is refused when it is compressed and holds no archive', () =>
    refused(
      gzipSync('x'.repeat(2000)),
      ['-'],
      /cannot read standard input: what is compressed is no tar$/,
      /get it again$/,
    ))

  it('is refused when the archive has no Dockerfile, saying what it has', async () => {
    await refused(tar('f x=1', 'f y=2'), ['-'], /open Dockerfile: no such file/, /standard input has x, y;/)
    await refused(archive, ['-f', 'nope', '-'], /open nope: no such file/, /standard input has Dockerfile, a, other;/)
  })

  it('C22 says when an archive has two Dockerfiles, and takes the last one', async () => {
    const input = tar('f Dockerfile=FROM nothing', 'f ./Dockerfile=FROM scratch\nCOPY a /\n', 'f a=1')
    const { status, stderr } = await tsbuild({ ...workspace, input }, '--progress', 'plain', '-')
    expect(status).toBe(0)
    expect(stderr).toContain('RepeatedDockerfile: standard input has Dockerfile more than once: the last one is used')
  })
})

const user = findOrdinaryUser(import.meta.filename)

it.skipIf(!user)(
  `standard input reaches the user namespace of who is not root (${user?.name ?? noOrdinaryUser})`,
  async () => {
    await using theirs = await openWorkspace()
    runProgram('chown', '-R', `${user?.uid}:${user?.gid}`, theirs.directory)
    const { status, stderr } = await tsbuild({ ...theirs, input: gzipSync(archive), ...(user && { user }) }, '-q', '-')
    expect(`${status} ${stderr}`).toBe('0 ')
  },
)

describe('standard input of the library', () => {
  let workspace: Workspace
  beforeAll(async () => {
    workspace = await openWorkspace()
  })
  afterAll(() => workspace[Symbol.asyncDispose]())

  it('that is a terminal is refused, and not waited for', async () => {
    const environment = { ...workspace.environment, stdin: Object.assign(process.stdin, { isTTY: true }) }
    const refusal = expect.objectContaining({
      code: 'TSB_STDIN_TERMINAL',
      hint: expect.stringContaining('tsbuild - <'),
    })
    await expect(build({ context: '-' }, environment)).rejects.toEqual(refusal)
    workspace.write({ 'context/a': '' })
    await expect(build({ context: 'context', file: '-' }, environment)).rejects.toEqual(refusal)
  })

  it('is waited for until the signal says stop', async () => {
    const stdin = new PassThrough()
    const abort = new AbortController()
    stdin.write('FROM scr')
    const building = build({ context: '-', signal: abort.signal }, { ...workspace.environment, stdin })
    setImmediate(() => abort.abort(new Error('stopped')))
    await expect(building).rejects.toThrow('stopped')
  })

  it('as the Dockerfile has no ignore file of its own', async () => {
    workspace.write({ 'context/.dockerignore': 'b', 'context/b': '', 'context/Dockerfile.dockerignore': 'a' })
    const { files } = await buildFrom(workspace, { context: 'context', file: '-' }, dockerfile)
    expect(files.map((line) => line.split(' ')[3])).toEqual(['/.dockerignore', '/Dockerfile.dockerignore', '/a'])
  })

  it('the archive is kept only while the build runs', async () => {
    await buildFrom(workspace, { context: '-' }, archive)
    expect(execFileSync('find', [join(workspace.environment.root, 'tmp'), '-type', 'f'], { encoding: 'utf8' })).toBe('')
  })
})
