import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commitTime, hasGit, makeRepository, noGit, type Repository } from '../../support/git-repository.ts'
import { serveGit } from '../../support/git-server.ts'
import { buildFrom } from '../../support/inputs.ts'
import { scratch } from '../../support/scratch.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const copyAll = 'FROM scratch\nCOPY . /\n'

describe.skipIf(!hasGit)(`a git repository as the context (${hasGit ? 'over http' : noGit})`, () => {
  async function open(): Promise<{ workspace: Workspace; repository: Repository; url: string; root: string }> {
    const workspace = await openWorkspace()
    onTestFinished(() => workspace[Symbol.asyncDispose]())
    const root = await scratch()
    const { origin } = await serveGit(root)
    return { workspace, root, repository: makeRepository(join(root, 'app.git')), url: `${origin}/app.git` }
  }

  it('is the default branch, without .git, and no ignore file counts', async () => {
    const { workspace, repository, url } = await open()
    repository.commit({ Dockerfile: copyAll, '.dockerignore': 'a', a: '1', 'bin/run': 'x:#!/bin/sh' })
    const { files, events } = await buildFrom(workspace, { context: url })
    expect(files).toEqual([
      'file 0644 0:0 /.dockerignore a',
      `file 0644 0:0 /Dockerfile ${copyAll}`,
      'file 0644 0:0 /a 1',
      'directory 0755 0:0 /bin',
      'file 0755 0:0 /bin/run #!/bin/sh',
    ])
    const labels = events.flatMap((event) => (event.type === 'step:start' ? [event.label] : []))
    expect(labels).toContain(`[internal] load git source ${url}`)
  })

  it('takes #ref:subdir, and -f relative to it', async () => {
    const { workspace, repository, url } = await open()
    repository.commit({ 'sub/Own': 'FROM scratch\nCOPY a /old\n', 'sub/a': '1' })
    repository.git('tag', 'v1')
    repository.commit({ 'sub/Own': 'FROM scratch\nCOPY a /new\n' })
    const of = async (context: string) => (await buildFrom(workspace, { context, file: 'Own' })).files
    expect(await of(`${url}#v1:sub`)).toEqual(['file 0644 0:0 /old 1'])
    expect(await of(`${url}#:sub`)).toEqual(['file 0644 0:0 /new 1'])
    expect(await of(`${url}?ref=v1&subdir=sub`)).toEqual(['file 0644 0:0 /old 1'])
    await expect(buildFrom(workspace, { context: `${url}#:../..` })).rejects.toMatchObject({ code: 'TSB_GIT_SUBDIR' })
  })

  it('has .git with BUILDKIT_CONTEXT_KEEP_GIT_DIR', async () => {
    const { workspace, repository, url } = await open()
    repository.commit({ Dockerfile: 'FROM scratch\nCOPY .git/HEAD /\n' })
    await expect(buildFrom(workspace, { context: url })).rejects.toMatchObject({ code: 'TSB_COPY_SOURCE_MISSING' })
    const args = { BUILDKIT_CONTEXT_KEEP_GIT_DIR: '1' }
    expect((await buildFrom(workspace, { context: url, args })).files).toEqual([expect.stringContaining('/HEAD')])
  })

  it('has its submodules', async () => {
    const { workspace, repository, url, root } = await open()
    makeRepository(join(root, 'part.git')).commit({ f: 'of the part' })
    repository.commit({
      Dockerfile: 'FROM scratch\nCOPY lib /\n',
      '.gitmodules': `[submodule "part"]\n\tpath = lib\n\turl = ../part.git\n`,
    })
    const id = makeRepository(join(root, 'part.git')).git('rev-parse', 'HEAD')
    repository.git('update-index', '--add', '--cacheinfo', `160000,${id},lib`)
    repository.git('commit', '--quiet', '--message', 'with the part')
    expect((await buildFrom(workspace, { context: url })).files).toEqual(['file 0644 0:0 /f of the part'])
  })

  it('C08 a Dockerfile that is a link out of the repository is not read', async () => {
    const { workspace, repository, url } = await open()
    workspace.write({ canary: 'FROM scratch\nLABEL CANARY=1\n' })
    repository.commit({ Dockerfile: `-> ${workspace.directory}/canary` })
    await expect(buildFrom(workspace, { context: url })).rejects.toMatchObject({
      code: 'TSB_DOCKERFILE_NOT_FOUND',
      message: expect.stringContaining('which is outside of the build context'),
    })
  })

  it('gives SOURCE_DATE_EPOCH=context the time of its commit, which files have too then', async () => {
    const { workspace, repository, url } = await open()
    repository.commit({ Dockerfile: copyAll })
    const args = { SOURCE_DATE_EPOCH: 'context' }
    const dest = join(workspace.directory, 'out')
    const { created } = await buildFrom(workspace, { context: url, args, outputs: [{ type: 'local', dest }] })
    expect(Date.parse(created ?? '') / 1000).toBe(commitTime)
    expect(statSync(join(dest, 'Dockerfile')).mtimeMs / 1000).toBe(commitTime)
  })

  it('is a named context too: a stage, or files for COPY --from', async () => {
    const { workspace, repository, url } = await open()
    repository.commit({ a: '1', 'sub/b': '2' })
    workspace.write({ 'context/Dockerfile': 'FROM src\nCOPY --from=src /b /c\n' })
    const { files, history } = await buildFrom(workspace, { context: 'context', contexts: { src: `${url}#main:sub` } })
    expect(files).toEqual(['file 0644 0:0 /b 2', 'file 0644 0:0 /c 2'])
    expect(history).toEqual(['COPY /b /c # buildkit', '[1/2] COPY --from=src /b /c'])
  })
})
