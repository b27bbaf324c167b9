import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { build as buildImage } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasGit, makeRepository, noGit, type Repository } from '../support/git-repository.ts'
import { type GitServer, serveGit } from '../support/git-server.ts'
import { fileInLayout, layerLines } from '../support/layer-files.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

describe.skipIf(!hasGit)(`ADD of a git repository (${noGit})`, () => {
  let workspace: Workspace
  let repository: Repository
  let server: GitServer
  let url: string

  beforeEach(async () => {
    workspace = await openWorkspace()
    repository = makeRepository(path.join(workspace.directory, 'served/app.git'))
    server = await serveGit(path.join(workspace.directory, 'served'))
    url = `${server.origin}/app.git`
  })
  afterEach(() => workspace[Symbol.asyncDispose]())

  /** Builds `FROM scratch` and these lines, in which `URL` is the repository. */
  async function build(lines: string, options: Parameters<Workspace['build']>[0] = {}) {
    const dest = path.join(workspace.directory, 'out')
    rmSync(dest, { recursive: true, force: true })
    workspace.write({ 'context/Dockerfile': `FROM scratch\n${lines.replaceAll('URL', url)}\n` })
    return workspace.build({ outputs: [{ type: 'oci', dest, tar: false }], tags: ['app'], ...options })
  }
  const lines = () => layerLines(path.join(workspace.directory, 'out'))
  /** Mode, owner and name. */
  const entries = () => lines().map((line) => line.replace(/ \d{4}-\S+ \S+/, ''))
  const names = () => lines().map((line) => line.split(' ').at(-1))
  const content = (name: string) => fileInLayout(path.join(workspace.directory, 'out'), name)

  it('has the files of the commit, those of root, and not .git', async () => {
    repository.commit({ 'a.txt': 'one', 'bin/run': 'x:#!/bin/sh' })
    await build('ADD URL /src/')
    expect(entries()).toEqual([
      'drwxr-xr-x 0/0 src/',
      '-rw-r--r-- 0/0 src/a.txt',
      'drwxr-xr-x 0/0 src/bin/',
      '-rwxr-xr-x 0/0 src/bin/run',
    ])
    expect(content('src/a.txt')).toBe('one')
  })

  it('takes ref and subdirectory after the # or in the query, and the owner and mode of the flags', async () => {
    repository.commit({ 'sub/a': 'one' })
    repository.git('tag', 'v1')
    repository.commit({ 'sub/a': 'two' })
    for (const end of ['#v1:sub', '?tag=v1&subdir=sub']) {
      await build(`ADD --chown=7:8 --chmod=700 URL${end} /`)
      expect([entries(), content('a')]).toEqual([['-rwx------ 7/8 a'], 'one'])
    }
  })

  it('has the time of the commit with mtime=commit', async () => {
    repository.commit({ a: 'one' })
    await build('ADD URL?mtime=commit /')
    expect(lines()).toEqual(['-rw-r--r-- 0/0 2024-01-02 03:04:05 a'])
  })

  it('keeps .git with --keep-git-dir, and with keep-git-dir of the URL', async () => {
    repository.commit({ a: 'one' })
    await build('ADD --keep-git-dir=true URL /')
    expect(names()).toContain('.git/HEAD')
    await build('ADD URL?keep-git-dir=1 /')
    expect(names()).toContain('.git/HEAD')
    await expect(build('ADD --keep-git-dir=false URL?keep-git-dir=1 /')).rejects.toMatchObject({
      message: 'inconsistent keep-git-dir configuration',
      at: { start: { line: 1 } },
    })
  })

  it('with a --checksum of another commit fails at its line', async () => {
    const commit = repository.commit({ a: 'one' })
    await build(`ADD --checksum=${commit.slice(0, 10)} URL#main /`)
    await expect(build(`ENV A=1\nADD --checksum=${'0'.repeat(40)} URL#main /`)).rejects.toMatchObject({
      code: 'TSB_GIT_CHECKSUM',
      at: { start: { line: 2 } },
    })
  })

  it('may stand beside other sources', async () => {
    repository.commit({ a: 'one' })
    workspace.write({ 'context/l.txt': 'local' })
    await build('ADD URL l.txt URL#main /d/')
    expect(names()).toEqual(['d/', 'd/a', 'd/l.txt'])
  })

  it('named github.com/… is a local path, as in BuildKit', async () => {
    workspace.write({ 'context/github.com/foo/bar/f': 'local' })
    await build('ADD github.com/foo/bar /')
    expect(names()).toEqual(['f'])
  })

  describe('a second build', () => {
    it('is cached while the ref is the same commit, and runs the step when it is another', async () => {
      repository.commit({ a: 'one' })
      const first = await build('ADD URL#main /')
      const second = await build('ADD URL#main /')
      expect(second.result).toEqual({ ...first.result, steps: { total: 1, cached: 1 }, build: expect.anything() })
      repository.commit({ a: 'two' })
      expect((await build('ADD URL#main /')).ran).toHaveLength(1)
      expect(content('a')).toBe('two')
    })

    it('is cached when another commit has the same files', async () => {
      repository.commit({ a: 'one' })
      await build('ADD URL#main /')
      repository.commit({})
      expect((await build('ADD URL#main /')).ran).toEqual([])
    })

    it('of a full commit id asks nobody', async () => {
      const commit = repository.commit({ a: 'one' })
      await build(`ADD URL#${commit} /`)
      server.requests.splice(0)
      expect((await build(`ADD URL#${commit} /`)).ran).toEqual([])
      expect(server.requests).toEqual([])
    })
  })

  it('without git on this machine fails at its line; other builds need none', async () => {
    const environment = { ...workspace.environment, env: { PATH: workspace.directory } }
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' })
    await buildImage({ context: 'context' }, environment)
    workspace.write({ 'context/Dockerfile': `FROM scratch\nADD ${url} /\n` })
    await expect(buildImage({ context: 'context' }, environment)).rejects.toMatchObject({
      code: 'TSB_GIT_MISSING',
      at: { start: { line: 1 } },
    })
  })

  it('C10 runs nothing that its address names', async () => {
    const place = path.join(workspace.directory, 'p')
    for (const address of [`git@h:--upload-pack=touch\${IFS}${place}`, `ssh://-oProxyCommand=touch/x`]) {
      await expect(build(`ENV IFS=" "\nADD ["${address}", "/x"]`)).rejects.toMatchObject({ code: 'TSB_GIT_ARG' })
    }
    expect(existsSync(place)).toBe(false)
  })

  describe('C14 C15 user and password of the URL, and secrets', () => {
    const filesWith = (text: string) =>
      readdirSync(workspace.directory, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(workspace.directory, name))
        .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() && !file.endsWith('context/Dockerfile'))
        .filter((file) => file.includes(text) || readFileSync(file).includes(text))

    it('are in no output, no folder and no kept .git, when the build ends well and when it fails', async () => {
      repository.commit({ a: 'one' })
      const secret = url.replace('//', '//me:CANARY@')
      for (const progress of ['plain', 'rawjson']) {
        for (const ref of ['main', 'none']) {
          workspace.write({ 'context/Dockerfile': `FROM scratch\nADD --keep-git-dir=true ${secret}#${ref} /\n` })
          const words = ['--progress', progress, '-o', 'type=oci,tar=false,dest=out', '-t', 'app', 'context']
          const { status, stdout, stderr } = await tsbuild(workspace, 'build', ...words)
          expect([ref, status]).toEqual([ref, ref === 'none' ? 1 : 0])
          expect(stdout + stderr).not.toContain('CANARY')
        }
      }
      expect((await tsbuild(workspace, 'history', '--no-trunc', 'app')).stdout).not.toContain('CANARY')
      expect(content('.git/config')).toContain(`url = ${url}`)
      expect(filesWith('CANARY')).toEqual([])
      expect(filesWith(Buffer.from('me:CANARY').toString('base64'))).toEqual([])
    })

    it('a secret of the command line opens a repository, and is nowhere', async () => {
      repository.commit({ a: 'one' })
      const header = `basic ${Buffer.from('x-access-token:CANARY').toString('base64')}`
      const closed = await serveGit(path.join(workspace.directory, 'served'), { allows: (given) => given === header })
      const environment = { ...workspace.environment, env: { ...workspace.environment.env, TOKEN: 'CANARY' } }
      workspace.write({ 'context/Dockerfile': `FROM scratch\nADD ${closed.origin}/app.git /\n` })
      await expect(buildImage({ context: 'context' }, environment)).rejects.toMatchObject({ code: 'TSB_GIT_AUTH' })
      await buildImage({ context: 'context', secrets: { GIT_AUTH_TOKEN: { env: 'TOKEN' } } }, environment)
      expect(filesWith('CANARY')).toEqual([])
    })
  })
})
