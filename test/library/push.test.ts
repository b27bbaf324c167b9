import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hexOf } from '../../src/digest/index.ts'
import { copy, createIndex, listTags, pull, push, remoteDocument, TsbuildError } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  noDockerRegistry,
  startDockerRegistry,
} from '../support/docker-registry.ts'
import { type FaultProxy, seededFaults, startFaultProxy } from '../support/fault-proxy.ts'
import { startServer } from '../support/http-server.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const skopeo = (...words: readonly string[]) => String(runProgram('skopeo', ...words))

describe.skipIf(!hasDockerRegistry)(`pushing an image (${noDockerRegistry})`, () => {
  let workspace: Workspace
  let server: DockerRegistry
  let proxy: FaultProxy
  beforeEach(async () => {
    workspace = await openWorkspace()
    server = await startDockerRegistry()
    proxy = await startFaultProxy(server.host, () => undefined)
  })
  afterEach(async () => {
    for (const each of [proxy, server, workspace]) await each[Symbol.asyncDispose]()
  })

  /** Asked of the registry itself: the proxy is of this process, which waits for skopeo. */
  const digestOf = (name: string) =>
    JSON.parse(skopeo('inspect', '--tls-verify=false', `docker://${name.replace(proxy.host, server.host)}`)) as {
      Digest: string
      Layers: string[]
    }
  const stored = (digest: string) =>
    existsSync(path.join(workspace.environment.root, 'oci/blobs/sha256', digest.replace('sha256:', '')))

  /** An image of two layers in the registry, and a store that has never seen it. */
  async function withBase(): Promise<string> {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\nCOPY b /\n', 'context/a': 'a', 'context/b': 'b' })
    const base = `${proxy.host}/base/os:1`
    await workspace.build({ tags: [base], outputs: [{ type: 'registry' }] })
    const fresh = await openWorkspace()
    await workspace[Symbol.asyncDispose]()
    workspace = fresh
    proxy.log.length = 0
    return base
  }

  it('gives the bytes that -o type=oci gives, to whoever asks', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\nENV A=1\n', 'context/a': 'a'.repeat(100_000) })
    const name = `${server.host}/team/app:1`
    const archive = path.join(workspace.directory, 'app.tar')
    const { result } = await workspace.build({
      tags: [name],
      outputs: [{ type: 'registry' }, { type: 'oci', dest: archive, tar: true }],
    })
    const inArchive = JSON.parse(skopeo('inspect', `oci-archive:${archive}`)) as { Digest: string }
    expect(result.manifest.digest).toBe(inArchive.Digest)
    expect(digestOf(name).Digest).toBe(inArchive.Digest)
    const target = `${server.host}/other/app:2`
    const [pushed] = await push(name, [target], {}, workspace.environment)
    expect(pushed?.descriptor.digest).toBe(inArchive.Digest)
    expect(await listTags(`${server.host}/other/app`, {}, workspace.environment)).toEqual(['2'])
    if (!hasProgram('buildah')) return
    const place = path.join(workspace.directory, 'buildah')
    const storage = ['--root', `${place}/root`, '--runroot', `${place}/run`, '--storage-driver', 'vfs']
    const id = String(runProgram('buildah', ...storage, 'pull', '-q', '--tls-verify=false', target)).trim()
    expect(`sha256:${id}`).toBe(result.id)
  })

  it('of layers that are there reads none, and makes a damaged one again where it is wanted', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a'.repeat(100_000) })
    const name = `${server.host}/team/app:1`
    const { result } = await workspace.build({ tags: [name], outputs: [{ type: 'registry' }] })
    const folder = path.join(workspace.environment.root, 'cache/packed')
    const [kept = ''] = readdirSync(folder)
    const right = readFileSync(path.join(folder, kept))
    const damaged = Buffer.from(right)
    damaged.writeUInt8(damaged.readUInt8(20) ^ 1, 20)
    chmodSync(path.join(folder, kept), 0o600)
    writeFileSync(path.join(folder, kept), damaged)
    const again = await push(name, [`${server.host}/team/app:2`], {}, workspace.environment)
    expect(again[0]?.descriptor.digest).toBe(result.manifest.digest)
    expect(readFileSync(path.join(folder, kept)).equals(damaged)).toBe(true)
    await using other = await startDockerRegistry()
    const elsewhere = `${other.host}/team/app:1`
    expect((await push(name, [elsewhere], {}, workspace.environment))[0]?.descriptor.digest).toBe(
      result.manifest.digest,
    )
    expect(readFileSync(path.join(folder, kept)).equals(right)).toBe(true)
    await using reader = await openWorkspace()
    await pull(elsewhere, {}, reader.environment)
    expect(digestOf(elsewhere).Layers).toEqual([`sha256:${kept}`])
  })

  it('a tag with push-by-digest, or a capital, is a wrong flag, and nothing runs', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nRUN no such program\n' })
    const repository = `${server.host}/team/app`
    for (const flags of [
      ['-o', `type=image,push=true,push-by-digest=true,name=${repository}:v1`],
      ['-t', `${repository}:v1`, '-o', 'type=registry,push-by-digest=true'],
    ]) {
      const { status, stderr } = await tsbuild(workspace, ...flags, 'context')
      expect(status).toBe(125)
      expect(stderr).toMatch(/^ERROR: can't push tagged ref \S*\/team\/app:v1 by digest\nhint: .*index create -t/)
    }
    for (const flags of [
      ['-t', 'ghcr.io/Me/App:1'],
      ['-o', 'type=image,push=true,name=ghcr.io/Me/App'],
    ]) {
      const { status, stderr } = await tsbuild(workspace, ...flags, 'context')
      expect(status).toBe(125)
      expect(stderr).toMatch(/^ERROR: not an image name: .*\nhint: did you mean "ghcr\.io\/me\/app/)
    }
  }, 30_000)

  it('onto a base of the same registry sends new layers alone, and the base is never fetched', async () => {
    const base = await withBase()
    const baseLayers = digestOf(base).Layers
    workspace.write({ 'context/Dockerfile': `FROM ${base}\nCOPY --link c /\n`, 'context/c': 'c' })
    await workspace.build({ tags: [`${proxy.host}/team/app:1`], outputs: [{ type: 'registry' }] })
    const layers = digestOf(`${server.host}/team/app:1`).Layers
    expect(layers.slice(0, 2)).toEqual(baseLayers)
    const paths = proxy.log.filter(({ method }) => method === 'GET').map(({ path: asked }) => asked)
    for (const layer of baseLayers) {
      expect(paths.some((asked) => asked.includes(layer))).toBe(false)
      expect(stored(layer)).toBe(false)
    }
    expect(proxy.log.filter(({ path: asked }) => asked.includes('from=base%2Fos'))).toHaveLength(2)
    expect(proxy.log.filter(({ method }) => method === 'PUT')).toHaveLength(3)
  })

  it('E32 another registry gets the base as it comes, and hears nothing of where that is from', async () => {
    const base = await withBase()
    workspace.write({ 'context/Dockerfile': `FROM ${base}\nLABEL a=b\n` })
    await using other = await startDockerRegistry()
    await using watched = await startFaultProxy(other.host, () => undefined)
    await workspace.build({ tags: [`${watched.host}/app:1`], outputs: [{ type: 'registry' }] })
    expect(digestOf(`${other.host}/app:1`).Layers).toEqual(digestOf(base).Layers)
    for (const layer of digestOf(base).Layers) expect(stored(layer)).toBe(false)
    expect(watched.log.filter(({ path: asked }) => /base|mount|from=/.test(asked))).toEqual([])
  })

  it('by digest leaves no tag, and an index joins what several machines pushed', async () => {
    const { environment } = workspace
    workspace.write({
      'context/Dockerfile': 'FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\nCOPY a /\n',
      'context/a': 'a',
    })
    const repository = `${server.host}/team/app`
    const digests: string[] = []
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const { result } = await workspace.build({
        platform,
        outputs: [{ type: 'registry', names: [repository], byDigest: true }],
      })
      digests.push(result.manifest.digest)
      expect(result).toMatchObject({ names: [], pushed: [repository] })
    }
    const names = [`${repository}:1`, `${server.host}/elsewhere:1`]
    const { descriptor } = await createIndex({ names, sources: digests }, environment)
    expect(await listTags(repository, {}, environment)).toEqual(['1'])
    const raw = JSON.parse(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${names[1]}`))
    expect(raw.manifests.map(({ platform }: { platform: { architecture: string } }) => platform.architecture)).toEqual([
      'amd64',
      'arm64',
    ])
    const again = createIndex({ names, sources: [digests[0] ?? '', `${repository}:1`, digests[0] ?? ''] }, environment)
    expect((await again).descriptor.digest).toBe(descriptor.digest)
  })

  it("is of Docker's schema 2 where that is asked for, copied as it is, and a base as any other", async () => {
    const { environment, directory } = workspace
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const name = `${server.host}/docker/app:1`
    const flags = ['-o', `type=registry,name=${name},oci-mediatypes=false`]
    expect(await tsbuild(workspace, ...flags, 'context')).toMatchObject({ status: 0 })
    const raw = JSON.parse(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`))
    expect(raw).toMatchObject({
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json' },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
    })
    runProgram('skopeo', 'copy', '--src-tls-verify=false', `docker://${name}`, `dir:${directory}/dir`)
    const copied = await copy(name, `${server.host}/copied:1`, {}, environment)
    expect(copied.digest).toBe(digestOf(name).Digest)
    const ran = await tsbuild(workspace, 'push', '--format', 'docker', '-q', name, `${server.host}/again:1`)
    expect(ran.stdout).toBe(`${server.host}/again@${copied.digest}\n`)
    workspace.write({ 'context/Dockerfile': `FROM ${server.host}/copied:1\nCOPY a /b\n` })
    await workspace.build({ tags: [`${server.host}/next:1`], outputs: [{ type: 'registry' }] })
    const next = JSON.parse(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${server.host}/next:1`))
    expect(next.layers[0]).toMatchObject({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' })
    expect(next.layers[0].digest).toBe(raw.layers[0].digest)
    const annotated = ['--annotation', 'a=b', ...flags]
    expect(await tsbuild(workspace, ...annotated, 'context')).toMatchObject({
      status: 103,
      stderr: expect.stringContaining('no annotations'),
    })
  }, 30_000)

  it('of schema 1 is refused by name, and nothing is copied', async () => {
    const { environment } = workspace
    const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
    const body = JSON.stringify({ schemaVersion: 1, name: 'old', tag: '1', fsLayers: [], history: [], signatures: [] })
    await using old = await startServer((_, response) => response.setHeader('content-type', type).end(body))
    const refused = expect.objectContaining({ code: 'TSB_MEDIA_TYPE', message: expect.stringContaining('schema 1') })
    await expect(pull(`${old.host}/old:1`, {}, environment)).rejects.toThrow(refused)
    await expect(copy(`${old.host}/old:1`, `${server.host}/old:1`, {}, environment)).rejects.toMatchObject({
      message: expect.stringContaining("Docker's schema 1"),
      hint: expect.stringContaining('converts it'),
    })
  })

  it('index create takes no cache for an image', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const repository = `${server.host}/app`
    await workspace.build({ cacheTo: [{ type: 'registry', ref: `${repository}:cache` }] })
    const created = createIndex({ names: [`${repository}:1`], sources: [`${repository}:cache`] }, workspace.environment)
    await expect(created).rejects.toMatchObject({
      code: 'TSB_MEDIA_TYPE',
      message: `${repository}:cache is no image but holds application/vnd.tsbuild.cache.records.v1+json`,
    })
  })

  it('copies an index between registry, layout and archive, and digests stay', async () => {
    const { environment, directory } = workspace
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const repository = `${server.host}/app`
    const sources: string[] = []
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const outputs = [{ type: 'registry', names: [repository], byDigest: true }] as const
      sources.push((await workspace.build({ platform, outputs })).result.manifest.digest)
    }
    const { descriptor } = await createIndex({ names: [`${repository}:1`], sources }, environment)
    const places = [
      `${repository}:1`,
      `oci-layout://${directory}/layout:x`,
      `oci-archive:${directory}/a.tar`,
      `${server.host}/back:2`,
    ]
    for (const [at, place] of places.slice(1).entries()) await copy(places[at] ?? '', place, {}, environment)
    expect((await remoteDocument(`${server.host}/back:2`, {}, environment)).descriptor.digest).toBe(descriptor.digest)
    expect(readdirSync(path.join(directory, 'layout/blobs/sha256'))).toContain(hexOf(descriptor.digest))
    runProgram('skopeo', 'copy', '--all', `oci-archive:${directory}/a.tar`, `dir:${directory}/read`)
  })

  it('goes to its name alone, also when that is a part of the id', async () => {
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const live = `${server.host}/prod:live`
    const { id } = (await workspace.build({ tags: [live] })).result
    const [part = ''] = /[a-f]\w{3}/.exec(id.slice(10)) ?? []
    expect(await tsbuild(workspace, 'tag', live, part)).toMatchObject({ status: 0 })
    const pushed = push(part, [], { registryAllow: [server.host] }, workspace.environment)
    await expect(pushed).rejects.toThrow('docker.io may not be asked')
    await expect(remoteDocument(live, {}, workspace.environment)).rejects.toThrow('not found')
    const archive = path.join(workspace.directory, 'part.tar')
    expect(await tsbuild(workspace, 'save', '--format', 'docker', '-o', archive, part)).toMatchObject({ status: 0 })
    const manifest = JSON.parse(String(runProgram('tar', '-xOf', archive, 'manifest.json')))
    expect(manifest).toMatchObject([{ RepoTags: [`${part}:latest`] }])
  })

  it('pulls an image whole, with its name', async () => {
    const base = await withBase()
    const { descriptor } = await pull(base, {}, workspace.environment)
    expect(descriptor.digest).toBe(digestOf(base).Digest)
    for (const layer of digestOf(base).Layers) expect(stored(layer)).toBe(true)
    await server[Symbol.asyncDispose]()
    const archive = path.join(workspace.directory, 'base.tar')
    expect(await tsbuild(workspace, 'save', '-o', archive, base)).toMatchObject({ status: 0 })
  })

  it.each([11, 12, 13])('comes through faults of the network whole or not at all, seed %i', async (seed) => {
    const files = Object.fromEntries([1, 2, 3, 4].map((i) => [`context/f${i}`, String(i).repeat(200_000 * i)]))
    const lines = [1, 2, 3, 4].map((i) => `COPY f${i} /\n`)
    workspace.write({ ...files, 'context/Dockerfile': `FROM scratch\n${lines.join('')}` })
    await using bad = await startFaultProxy(server.host, seededFaults(seed, 15))
    const tag = `app:${seed}`
    try {
      await workspace.build({ tags: [`${bad.host}/${tag}`], outputs: [{ type: 'registry' }] })
    } catch (error) {
      expect(error).toBeInstanceOf(TsbuildError)
      expect(error).toMatchObject({ code: 'TSB_PUSH_FAILED' })
      await expect(remoteDocument(`${server.host}/${tag}`, {}, workspace.environment)).rejects.toThrow('not found')
      return
    }
    runProgram(
      'skopeo',
      'copy',
      '--src-tls-verify=false',
      `docker://${server.host}/${tag}`,
      `dir:${workspace.directory}/read`,
    )
  })

  it('once a push is denied, no further layer is compressed', async () => {
    await using denying = await startServer((_, response) => response.writeHead(403).end())
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const name of names) workspace.write({ [`context/${name}`]: randomBytes(2 << 20).toString('hex') })
    workspace.write({ 'context/Dockerfile': `FROM scratch\n${names.map((name) => `COPY ${name} /\n`).join('')}` })
    await workspace.build({ tags: ['app:1'] })
    const compressed = new Set<string>()
    const onEvent = (event: { readonly type: string; readonly label?: string; readonly done?: boolean }) => {
      if (event.done && event.label?.startsWith('exporting layer')) compressed.add(event.label)
    }
    const pushed = push('app:1', [`${denying.host}/app:1`], { onEvent }, workspace.environment)
    await expect(pushed).rejects.toThrow('answers 403')
    expect(compressed.size).toBeLessThan(names.length)
  })

  it('a push that is denied ends with 103, with host, request, status and attempt', async () => {
    await using guarded = await startDockerRegistry('password')
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const ran = await tsbuild(workspace, '-t', `${guarded.host}/app:1`, '--push', 'context')
    expect(ran.status).toBe(103)
    expect(ran.stderr).toMatch(
      new RegExp(
        `ERROR: .*cannot push ${guarded.host}/app:1: access denied: HEAD app/blobs/sha256:\\w+, attempt 1: ${guarded.host} answers 401`,
      ),
    )
    expect(ran.stderr).toContain(`hint: tsbuild login ${guarded.host} as a user who may push there`)
  })

  it('login, push, digest, ls and logout, without the password in any output', async () => {
    await using guarded = await startDockerRegistry('password')
    const { host } = guarded
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const wrong = await tsbuild({ ...workspace, input: 'wrong\n' }, 'login', '-u', 'joe', '--password-stdin', host)
    expect(wrong).toMatchObject({ status: 1, stdout: '' })
    const login = await tsbuild({ ...workspace, input: 'right-pass\n' }, 'login', '-u', 'joe', '--password-stdin', host)
    expect(login).toMatchObject({ status: 0, stdout: 'Login Succeeded\n' })
    const file = path.join(workspace.directory, '.docker/config.json')
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')).auths)).toEqual([host])
    const output = `type=image,name=${host}/app:1,push=true,name-canonical=true`
    const files = ['--digest-file', 'd', '--metadata-file', 'm']
    const built = await tsbuild(workspace, '--debug', '-o', output, ...files, 'context')
    expect(built.status).toBe(0)
    const digest = readFileSync(path.join(workspace.directory, 'd'), 'utf8')
    expect(JSON.parse(readFileSync(path.join(workspace.directory, 'm'), 'utf8'))).toMatchObject({
      'containerimage.digest': digest,
      'image.name': `${host}/app:1,${host}/app@${digest}`,
    })
    expect(await tsbuild(workspace, 'digest', `${host}/app:1`)).toMatchObject({ stdout: `${digest}\n` })
    expect(await tsbuild(workspace, 'ls', `${host}/app`)).toMatchObject({ stdout: '1\n' })
    expect(await tsbuild(workspace, 'logout', host)).toMatchObject({ status: 0 })
    expect(await tsbuild(workspace, 'ls', `${host}/app`)).toMatchObject({ status: 1 })
    expect([wrong, login, built].map(({ stdout, stderr }) => stdout + stderr).join()).not.toMatch(
      /right-pass|am9lO|wrong$/,
    )
  }, 60_000)
})
