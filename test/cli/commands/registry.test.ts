import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copy, createIndex, listTags, pull, push, remoteDocument } from '../../../src/index.ts'
import { tsbuild } from '../../support/command-line.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  noDockerRegistry,
  startDockerRegistry,
} from '../../support/docker-registry.ts'
import { contentsOf, fakeImage, serve } from '../../support/fake-image.ts'
import { startServer } from '../../support/http-server.ts'
import { code } from '../../support/pulling.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'
import { runCommandLine } from '../command-line.ts'

describe.skipIf(!hasDockerRegistry)(`commands of registries (${noDockerRegistry})`, () => {
  let workspace: Workspace
  let server: DockerRegistry
  beforeAll(async () => {
    workspace = await openWorkspace()
    server = await startDockerRegistry()
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    await workspace.build({
      tags: ['a', `${server.host}/app:1`],
      platform: 'linux/amd64',
    })
    await push('a', [`${server.host}/app:1`], {}, workspace.environment)
  })
  afterAll(async () => {
    for (const each of [server, workspace]) await each[Symbol.asyncDispose]()
  })

  it('copy refuses a destination that cannot be before anything is fetched', async () => {
    const { environment, directory } = workspace
    const from = '127.0.0.1:1/not-there:1'
    mkdirSync(path.join(directory, 'folder'))
    writeFileSync(path.join(directory, 'folder/file'), '')
    const digest = `sha256:${'0'.repeat(64)}`
    for (const [to, reason] of [
      [`${server.host}/x:v1@${digest}`, 'TSB_PUSH_NAME'],
      [`docker://${server.host}/x@${digest}`, 'TSB_PUSH_NAME'],
      [server.host, 'TSB_PUSH_NAME'],
      [`oci-archive:${directory}/folder`, 'TSB_EXPORT_DEST'],
      [`oci-archive:${directory}/none/a.tar`, 'TSB_EXPORT_WRITE'],
      [`oci-layout:${directory}/folder/file`, 'TSB_EXPORT_DEST'],
      [`oci-layout:${directory}/folder`, 'TSB_EXPORT_REFUSED'],
    ] as const) {
      await expect(copy(from, to, {}, environment)).rejects.toThrow(code(reason))
    }
    const archive = copy(from, `oci-archive:${directory}/folder`, {}, environment)
    await expect(archive).rejects.toMatchObject({ hint: expect.stringContaining('oci-layout://') })
    const layout = copy(`oci-layout://${directory}/folder`, `${server.host}/x:1`, {}, environment)
    await expect(layout).rejects.toMatchObject({ hint: 'a layout has a file oci-layout' })
  })

  it('push wants a repository, ls one without a tag', async () => {
    const { environment } = workspace
    await expect(push('a', [server.host], {}, environment)).rejects.toMatchObject({
      hint: expect.stringMatching(/NAME:TAG/),
    })
    await expect(listTags(`${server.host}/app:1`, {}, environment)).rejects.toThrow(code('TSB_REFERENCE_FORMAT'))
  })

  it('a name that is one of the store and not of docker.io has a hint', async () => {
    const environment = { ...workspace.environment, env: { HTTPS_PROXY: 'http://127.0.0.1:1' } }
    const asking = [() => remoteDocument('a', {}, environment), () => copy('a', `${server.host}/x:1`, {}, environment)]
    for (const ask of asking) {
      await expect(ask()).rejects.toMatchObject({ hint: expect.stringContaining('tsbuild push a HOST/NAME:TAG') })
    }
    const written = remoteDocument('docker.io/library/a', {}, environment)
    await expect(written).rejects.toMatchObject({ hint: expect.not.stringContaining('tsbuild push') })
  })

  it('pull says what the name stands for, and that an image is for another platform', async () => {
    const { environment } = workspace
    const { descriptor } = await createIndex(
      { names: [`${server.host}/app:all`], sources: [`${server.host}/app:1`], annotations: { key: 'value' } },
      environment,
    )
    const pulled = await pull(`${server.host}/app:all`, { platform: 'linux/amd64' }, environment)
    expect(pulled).toEqual({ name: `${server.host}/app:all`, descriptor })
    const warning = `warning: ${server.host}/app:1 is for linux/amd64 alone, and linux/arm64 was asked for\n`
    const digest = await tsbuild(workspace, 'digest', '--platform', 'linux/arm64', `${server.host}/app:1`)
    expect(digest).toMatchObject({ status: 0, stderr: warning })
    expect(await tsbuild(workspace, 'pull', '-q', '--platform', 'linux/arm64', `${server.host}/app:1`)).toMatchObject({
      status: 0,
      stdout: `${server.host}/app:1\n`,
      stderr: warning,
    })
    const shown = await tsbuild(workspace, 'index', 'inspect', `${server.host}/app:all`)
    expect(shown.stdout).toMatch(/^Annotations:\n {2}key: {7}value$/m)
  }, 30_000)

  it('what goes wrong is said once, with the mirrors that failed before', async () => {
    const none = `${server.host}/none:1`
    const quiet = await tsbuild(workspace, 'pull', '-q', none)
    expect(quiet.stderr).toMatch(/^ERROR: not found[^\n]*\nhint: [^\n]*\n$/)
    const plain = await tsbuild(workspace, 'pull', '--progress=plain', none)
    expect(plain.stderr.match(/not found/g)).toHaveLength(1)
    const mirror = ['--registry-mirror', `${server.host}=http://127.0.0.1:1`]
    const passed = await tsbuild(workspace, 'digest', ...mirror, none)
    expect(passed.stderr).toMatch(/^note: mirror 127\.0\.0\.1:1 is passed over.*\nERROR: not found/)
    workspace.write({ '.config/tsbuild/config.json': '{ "insecureRegistry": [] }' })
    const unknown = await tsbuild(workspace, 'digest', `${server.host}/app:1`)
    expect(unknown.stderr).toMatch(/^warning: .*"insecureRegistry"/)
    const wrong = await tsbuild(workspace, 'digest', '--registry-mirror', 'docker.io=ftp://x', 'a')
    expect(wrong).toMatchObject({ status: 125, stderr: expect.stringContaining('not a registry mirror') })
  }, 30_000)
})

it('index alone shows its help, and a wrong flag of its commands points to theirs', async () => {
  await using workspace = await openWorkspace()
  const alone = await tsbuild(workspace, 'index')
  expect(alone.status).toBe(125)
  expect(alone.stdout + alone.stderr).toMatch(/Usage: tsbuild index[\s\S]*inspect/)
  expect(alone.stderr).not.toContain('ERROR')
  const wrong = await tsbuild(workspace, 'index', 'create', '--nope', 'a')
  expect(wrong).toMatchObject({ status: 125, stderr: expect.stringContaining('see tsbuild index create --help') })
  const annotation = await tsbuild(workspace, 'index', 'create', '-t', 'a', '--annotation', 'bad', 'b')
  expect(annotation).toMatchObject({ status: 125, stderr: expect.stringContaining('write --annotation bad=VALUE') })
}, 30_000)

it('logout says which other file still has the login', async () => {
  await using workspace = await openWorkspace()
  const auth = Buffer.from('joe:secret').toString('base64')
  workspace.write({ '.config/containers/auth.json': JSON.stringify({ auths: { 'r.test': { auth } } }) })
  const ran = await tsbuild(workspace, 'logout', 'r.test')
  const file = path.join(workspace.directory, '.config/containers/auth.json')
  expect(ran).toMatchObject({ status: 0, stdout: 'Not logged in to r.test\n' })
  expect(ran.stderr).toContain(`warning: ${file} still has a login for r.test`)
})

it('a wait that a registry asks for is told, and how long in the end', async () => {
  await using workspace = await openWorkspace()
  let asked = 0
  const registry = serve(contentsOf('app', '1', fakeImage()))
  await using server = await startServer((request, response) => {
    if (request.url?.includes('/never/')) return void response.writeHead(429, { 'retry-after': '0' }).end()
    return asked++ === 0 ? void response.writeHead(429, { 'retry-after': '3' }).end() : registry(request, response)
  })
  const ran = await tsbuild(workspace, 'digest', `${server.host}/app:1`)
  expect(ran.stderr).toBe(`note: ${server.host} asks to wait: 429, trying again in 3 s\n`)
  const never = await tsbuild(workspace, 'digest', `${server.host}/never/app:1`)
  expect(never.stderr).toContain('wait 0 s, as it asks')
}, 30_000)

it('ls takes a number, a place or words for a step, and else a name for a repository', async () => {
  const asked: unknown[] = []
  const ls = (...argv: readonly string[]) =>
    runCommandLine(['ls', ...argv], {
      listStep: async ({ step, path }) => {
        asked.push([step, path])
        return { label: '', failed: false, found: [] }
      },
      listTags: async (name) => {
        asked.push(name)
        return []
      },
    })
  for (const words of [[], ['/src'], ['7'], ['2/5'], ['build 2/5'], ['me/app']]) await ls(...words)
  expect(asked).toEqual([[undefined, '/'], [undefined, '/src'], ['7', '/'], ['2/5', '/'], ['build 2/5', '/'], 'me/app'])
})
