import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hexOf, sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { build, openImages } from '../../src/index.ts'
import { filesWith } from '../support/canary.ts'
import { tsbuild } from '../support/command-line.ts'
import {
  blobOf,
  contentsOf,
  descriptorOf,
  type FakeBlob,
  type FakeImage,
  fakeImage,
  serve,
} from '../support/fake-image.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { code } from '../support/pulling.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

let workspace: Workspace
beforeEach(async () => {
  workspace = await openWorkspace()
  workspace.write({ 'context/f': 'f' })
})
afterEach(() => workspace[Symbol.asyncDispose]())

const imageWith = (text: string, more: Parameters<typeof fakeImage>[0] = {}): FakeImage =>
  fakeImage({ layer: blobOf(tar(`f a=${text}`), mediaTypes.layerTar), ...more })
const image = imageWith('one')
const good = serve(contentsOf('app', 'latest', image))

describe('a base of a hostile registry', () => {
  it('E01 a digest of another algorithm or spelling is refused in a Dockerfile, and nobody is asked', async () => {
    await using server = await startServer(good)
    const hex = 'a'.repeat(64)
    for (const digest of [`SHA256:${hex}`, `md5:${'a'.repeat(32)}`, `sha256:${hex.toUpperCase()}`, 'sha256:../../x']) {
      const refused = workspace.build({ dockerfile: `FROM ${server.host}/app@${digest}\n` })
      await expect(refused).rejects.toThrow(/digest|reference/)
    }
    expect(server.requests).toEqual([])
  })

  it('E04 a layer that unpacks to other bytes than the config says is refused before it is used', async () => {
    const lying = imageWith('one', { config: { rootfs: { type: 'layers', diff_ids: [sha256('other')] } } })
    await using server = await startServer(serve(contentsOf('app', 'latest', lying)))
    const stage = `FROM ${server.host}/app AS s\nFROM scratch\n`
    for (const step of ['COPY --from=s /a /', 'RUN --mount=from=s,target=/m true']) {
      const steps: string[] = []
      const refused = workspace.build({
        dockerfile: `${stage}${step}\n`,
        onEvent: (event) => void (event.type === 'step:done' && steps.push(event.step)),
      })
      await expect(refused).rejects.toThrow(code('TSB_DIFFID_MISMATCH'))
    }
    expect(readdirSync(join(workspace.environment.root, 'trees'))).toEqual([])
  })

  it('E24 a tag that moves in the middle of a build: the whole build has the first image, by digest', async () => {
    const [first, second] = ['one', 'two'].map((text) => imageWith(text)) as [FakeImage, FakeImage]
    let asked = 0
    const before = serve(contentsOf('app', 'latest', first))
    const after = serve(contentsOf('app', 'latest', second))
    await using server = await startServer((request, response) => {
      const isTag = request.url?.endsWith('/manifests/latest')
      const byDigest = serve(new Map([...contentsOf('app', 'x', first), ...contentsOf('app', 'x', second)]))
      if (!isTag) return byDigest(request, response)
      return (asked++ === 0 ? before : after)(request, response)
    })
    const dest = join(workspace.directory, 'out')
    await workspace.build({
      dockerfile: `FROM ${server.host}/app AS s\nCOPY f /\nFROM ${server.host}/app\nCOPY --from=${server.host}/app /a /copied\nCOPY --from=s /a /stage\n`,
      outputs: [{ type: 'local', dest }],
      pull: 'always',
    })
    expect(asked).toBe(1)
    for (const name of ['a', 'copied', 'stage']) expect(filesWith('one', join(dest, name))).toHaveLength(1)
  })

  it('E31 tokens and the queries of signed URLs are in no output of --debug, and in no file', async () => {
    await using storage = await startServer((_, response) => response.writeHead(403, { 'set-cookie': 'CANARY' }).end())
    const handler: Handler = (request, response) => {
      if (request.url?.startsWith('/token')) response.end('{"token":"CANARY-token"}')
      else if (request.headers.authorization !== 'Bearer CANARY-token') {
        const realm = `Bearer realm="http://${request.headers.host}/token",service="s"`
        response.writeHead(401, { 'www-authenticate': realm }).end()
      } else if (request.url?.includes(hexOf(descriptorOf(image.layer).digest))) {
        response.writeHead(307, { location: `http://${storage.host}/blob?X-Amz-Signature=CANARY` }).end()
      } else good(request, response)
    }
    await using server = await startServer(handler)
    workspace.write({ 'context/Dockerfile': `FROM ${server.host}/app AS s\nFROM scratch\nCOPY --from=s /a /\n` })
    for (const progress of ['plain', 'rawjson']) {
      const ran = await tsbuild(workspace, '--debug', '--progress', progress, 'context')
      expect(ran.status).toBe(1)
      expect(ran.stdout + ran.stderr).not.toContain('CANARY')
    }
    expect(storage.requests).not.toEqual([])
    expect(filesWith('CANARY', workspace.directory)).toEqual([])
  })

  it.each([
    ['of another name', { credsStore: '../../bin/x' }, 'TSB_HELPER_NAME'],
    ['with a command in it', { credsStore: 'x;touch ran' }, 'TSB_HELPER_NAME'],
    ['that lies in the context', { credsStore: 'helper' }, 'TSB_HELPER_MISSING'],
  ])('E19 a helper %s is not started', async (_, config, expected) => {
    await using server = await startServer((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const ran = join(workspace.directory, 'ran')
    const script = `#!/bin/sh\ntouch ${ran}\n`
    workspace.write({
      'context/Dockerfile': `FROM ${server.host}/x\n`,
      'context/docker-credential-helper': script,
      'bin/x': script,
      'docker/config.json': JSON.stringify(config),
    })
    for (const name of ['context/docker-credential-helper', 'bin/x']) chmodSync(join(workspace.directory, name), 0o755)
    const { directory, environment } = workspace
    const env = { PATH: `.:${environment.env['PATH']}`, DOCKER_CONFIG: join(directory, 'docker') }
    const refused = build({ context: '.' }, { ...environment, env, cwd: join(directory, 'context') })
    await expect(refused).rejects.toThrow(code(expected))
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined])
    expect(existsSync(ran)).toBe(false)
  })

  it('E17 the login of the hub goes to no registry that has its name in a path', async () => {
    await using server = await startServer((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const login = { auth: Buffer.from('me:CANARY').toString('base64') }
    workspace.write({
      'context/Dockerfile': `FROM ${server.host}/docker.io/library/x\n`,
      'docker/config.json': JSON.stringify({ auths: { 'docker.io': login, 'https://index.docker.io/v1/': login } }),
    })
    const { directory, environment } = workspace
    const env = { PATH: environment.env['PATH'], DOCKER_CONFIG: join(directory, 'docker') }
    const refused = build({ context: '.' }, { ...environment, env, cwd: join(directory, 'context') })
    await expect(refused).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  })
})

describe('a hostile layout or archive', () => {
  const title = 'org.opencontainers.image.title'
  const hostile = {
    [title]: '../../x',
    'org.opencontainers.image.ref.name': '../../x',
    'io.containerd.image.name': '../../x',
  }
  const blobs = (...all: readonly FakeBlob[]) =>
    all.map((blob) => [`blobs/sha256/${hexOf(sha256(blob.bytes))}`, blob.bytes] as const)

  function writeLayout(entry: object, made: FakeImage): string {
    const folder = join(workspace.directory, 'layout')
    mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
    const index = JSON.stringify({ schemaVersion: 2, manifests: [entry] })
    const files = [
      ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
      ['index.json', index],
    ] as const
    for (const [name, bytes] of [...files, ...blobs(made.manifest, made.config, made.layer)]) {
      writeFileSync(join(folder, name), bytes)
    }
    return folder
  }

  it('E28 I06 names in annotations become no paths, in the store and in what is written', async () => {
    const made = imageWith('one', {
      manifest: {
        layers: [{ ...descriptorOf(image.layer), annotations: hostile }],
        annotations: hostile,
      },
    })
    const folder = writeLayout({ ...descriptorOf(made.manifest), annotations: hostile }, made)
    const before = readdirSync(workspace.directory).sort()
    const outputs = [
      { type: 'oci', dest: 'out/layout', tar: false },
      { type: 'docker', dest: 'out/docker', tar: false },
      { type: 'local', dest: 'out/files' },
    ] as const
    mkdirSync(join(workspace.directory, 'out'))
    await workspace.build({ dockerfile: `FROM oci-layout://${folder}\nCOPY f /\n`, tags: ['app'], outputs })
    expect(readdirSync(workspace.directory).sort()).toEqual([...before, 'out', 'store'].sort())
    expect(readdirSync(join(workspace.directory, 'out')).sort()).toEqual(['docker', 'files', 'layout'])
    const found = readdirSync(workspace.directory, { recursive: true }).map(String)
    expect(found.filter((name) => /(^|\/)x$/.test(name))).toEqual([])
  })

  it('E01 a digest that is a path is refused in the index of a layout', async () => {
    const folder = writeLayout({ ...descriptorOf(image.manifest), digest: 'sha256:../../../canary' }, image)
    const refused = workspace.build({ dockerfile: `FROM oci-layout://${folder}\n` })
    await expect(refused).rejects.toThrow(code('TSB_DIGEST_FORMAT'))
  })

  it('E29 names in the manifest.json of an archive are looked up in it alone', async () => {
    workspace.write({ canary: 'CANARY' })
    const canary = join(workspace.directory, 'canary')
    for (const entry of [
      { Config: '../../canary', Layers: [] },
      { Config: 'c.json', Layers: ['../canary'] },
      { Config: 'c.json', Layers: [canary] },
    ]) {
      const members = [
        { name: 'manifest.json', body: JSON.stringify([entry]) },
        { name: 'c.json', body: image.config.bytes },
        { name: 'link', type: '2', link: canary },
      ]
      writeFileSync(join(workspace.directory, 'a.tar'), tar(...members))
      const images = await openImages(workspace.environment)
      const loaded = images.load('a.tar', new AbortController().signal).finally(images.close)
      await expect(loaded).rejects.toThrow(code('TSB_ARCHIVE_REF'))
    }
    expect(filesWith('CANARY', workspace.environment.root)).toEqual([])
  })

  it('F01 an image with the history of the very Dockerfile is not taken for what its steps would give', async () => {
    const dockerfile = 'FROM scratch\nCOPY f /\n'
    const forged = imageWith('forged', {
      config: { history: [{ created_by: 'COPY f / # buildkit', comment: 'buildkit.dockerfile.v0' }] },
    })
    const folder = writeLayout(descriptorOf(forged.manifest), forged)
    await workspace.build({ dockerfile: `FROM oci-layout://${folder}\n`, tags: ['app', 'forged'] })
    const { ran } = await workspace.build({ dockerfile, tags: ['app'] })
    expect(ran).toHaveLength(1)
  })
})
