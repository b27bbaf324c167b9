import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listTags, openImages, pull, push } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  noDockerRegistry,
  startDockerRegistry,
} from '../support/docker-registry.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const both = ['linux/amd64', 'linux/arm64']
const dockerfile = 'FROM scratch\nARG TARGETARCH\nCOPY all /\nCOPY $TARGETARCH /arch\n'
const files = { Dockerfile: dockerfile, all: 'for all', amd64: 'x', arm64: 'a' }

describe.skipIf(!hasDockerRegistry)(`pushing several platforms (${noDockerRegistry})`, () => {
  let workspace: Workspace
  let server: DockerRegistry
  let proxy: FaultProxy
  let place: string
  let count = 0
  beforeAll(async () => {
    server = await startDockerRegistry()
    proxy = await startFaultProxy(server.host, () => undefined)
    return async () => {
      for (const each of [proxy, server]) await each[Symbol.asyncDispose]()
    }
  })
  beforeEach(async () => {
    place = `team/app${count++}`
    proxy.log.length = 0
    workspace = await openWorkspace()
    workspace.write(Object.fromEntries(Object.entries(files).map(([name, text]) => [`context/${name}`, text])))
    return () => workspace[Symbol.asyncDispose]()
  })

  const skopeo = (...words: readonly string[]) => String(runProgram('skopeo', ...words))
  const raw = (name: string) => JSON.parse(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`))
  const inspect = (name: string, architecture: string) =>
    JSON.parse(skopeo('--override-arch', architecture, 'inspect', '--tls-verify=false', `docker://${name}`))
  const expectBoth = (name: string) => {
    for (const architecture of ['amd64', 'arm64']) {
      expect(inspect(name, architecture)).toMatchObject({ Architecture: architecture, Os: 'linux' })
      skopeo(
        ...['--override-arch', architecture, '--insecure-policy', 'copy', '--src-tls-verify=false'],
        ...[`docker://${name}`, `dir:${path.join(workspace.directory, architecture)}`],
      )
    }
  }

  it('gives an index of them under the tag, what they share sent once, from a build and from the store', async () => {
    const name = `${proxy.host}/${place}:1`
    const { result } = await workspace.build({ platform: both, tags: [name], outputs: [{ type: 'registry' }] })
    const sent = proxy.log.filter(({ method, path: asked }) => method === 'PUT' && asked.includes('/blobs/uploads/'))
    expect(sent).toHaveLength(5) // the layer of both, a layer and a config of each
    const index = raw(`${server.host}/${place}:1`)
    expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json')
    expect(index.manifests.map(({ digest }: { digest: string }) => digest)).toEqual(
      result.images.map(({ manifest }) => manifest.digest),
    )
    expectBoth(`${server.host}/${place}:1`)
    const [pushed] = await push(name, [`${server.host}/other/app:2`], {}, workspace.environment)
    expect(pushed?.descriptor).toEqual(result.manifest)
    expect(raw(`${server.host}/other/app:2`)).toEqual(index)
  })

  it('of one platform gives a plain manifest', async () => {
    const name = `${server.host}/${place}:1`
    const { result } = await workspace.build({
      platform: ['linux/arm64'],
      tags: [name],
      outputs: [{ type: 'registry' }],
    })
    expect(raw(name).mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
    expect(result.manifest.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
    expect(inspect(name, 'amd64').Architecture).toBe('arm64')
  })

  it("in Docker's form is a manifest list", async () => {
    const name = `${server.host}/${place}:1`
    const outputs = [{ type: 'registry', form: 'docker' }] as const
    await workspace.build({ platform: both, tags: [name], outputs })
    const list = raw(name)
    const types = ['list', ''].map(
      (kind) => `application/vnd.docker.distribution.manifest.${kind && `${kind}.`}v2+json`,
    )
    expect([list.mediaType, list.manifests[0].mediaType]).toEqual(types)
    expectBoth(name)
  })

  it('says in the index what is asked to be said of it', async () => {
    const name = `${server.host}/${place}:1`
    const annotations = [
      { on: 'index', name: 'of-index', value: '1' },
      { on: 'manifest', platform: 'linux/arm64', name: 'of-arm64', value: '2' },
    ] as const
    await workspace.build({ platform: both, tags: [name], outputs: [{ type: 'registry', annotations }] })
    const index = raw(name)
    expect(index.annotations).toEqual({ 'of-index': '1' })
    const said = index.manifests.map(
      ({ digest }: { digest: string }) => raw(`${server.host}/${place}@${digest}`).annotations,
    )
    expect(said).toEqual([undefined, { 'of-arm64': '2' }])
  })

  it('leaves no tag there and no name here when one image cannot be pushed', async () => {
    const manifests = new Set<string>()
    await using failing = await startFaultProxy(server.host, (method, asked) => {
      if (method !== 'PUT' || !asked.includes('/manifests/')) return undefined
      manifests.add(asked)
      return manifests.size > 1 ? 500 : undefined
    })
    const name = `${failing.host}/${place}:1`
    const built = workspace.build({ platform: both, tags: [name], outputs: [{ type: 'registry' }] })
    await expect(built).rejects.toMatchObject({ code: 'TSB_PUSH_FAILED' })
    await expect(listTags(`${server.host}/${place}`, {}, workspace.environment)).rejects.toMatchObject({
      code: 'TSB_IMAGE_NOT_FOUND',
    })
    const images = await openImages(workspace.environment)
    expect((await images.list()).flatMap(({ names }) => names)).toEqual([])
    await images.close()
  })

  it('of an index of which a part was pulled are those that are here', async () => {
    const name = `${server.host}/${place}:1`
    const platform = [...both, 'linux/riscv64'] as const
    workspace.write({ 'context/riscv64': 'r' })
    await workspace.build({ platform: [...platform], tags: [name], outputs: [{ type: 'registry' }] })
    const all = raw(name).manifests.map(({ digest }: { digest: string }) => digest)
    await using fresh = await openWorkspace()
    const moved = async (target: string) => {
      await push(name, [`${server.host}/${target}`], {}, fresh.environment)
      return raw(`${server.host}/${target}`)
    }
    const first = await pull(name, { platform: 'linux/arm64' }, fresh.environment)
    const alone = await moved('one:1')
    expect([first.descriptor.mediaType, alone.mediaType]).toEqual([
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
    ])
    const second = await pull(name, { platform: 'linux/amd64' }, fresh.environment)
    expect(second.descriptor.mediaType).toBe('application/vnd.oci.image.index.v1+json')
    const part = await moved('two:1')
    expect(part.manifests.map(({ digest }: { digest: string }) => digest)).toEqual(all.slice(0, 2))
    expectBoth(`${server.host}/two:1`)
  })

  it('from machines of their own: each pushes by digest, and index create joins them', async () => {
    const repository = `${server.host}/${place}`
    const digests = await Promise.all(
      both.map(async (platform) => {
        const directory = path.join(workspace.directory, platform.replace('/', '-'))
        workspace.write(
          Object.fromEntries(
            Object.entries(files).map(([name, text]) => [`${path.basename(directory)}/${name}`, text]),
          ),
        )
        const machine = { directory, environment: { root: path.join(directory, 'store') } }
        const output = `type=image,push=true,push-by-digest=true,name-canonical=true,name=${repository}`
        const ran = await tsbuild(
          machine,
          'build',
          '--platform',
          platform,
          '-o',
          output,
          '--metadata-file',
          'm.json',
          '.',
        )
        expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining(`@sha256:`)])
        return JSON.parse(readFileSync(path.join(directory, 'm.json'), 'utf8'))['containerimage.digest'] as string
      }),
    )
    expect(new Set(digests).size).toBe(2)
    await expect(listTags(repository, {}, workspace.environment)).rejects.toMatchObject({ code: 'TSB_IMAGE_NOT_FOUND' })
    const joined = await tsbuild(workspace, 'index', 'create', '-t', `${repository}:1`, ...digests)
    expect([joined.status, joined.stdout]).toEqual([0, expect.stringMatching(/^1: digest: sha256:/)])
    expect(await listTags(repository, {}, workspace.environment)).toEqual(['1'])
    const platforms = raw(`${repository}:1`).manifests.map((each: { digest: string; platform: object }) => [
      each.digest,
      each.platform,
    ])
    expect(platforms).toEqual([
      [digests[0], { os: 'linux', architecture: 'amd64' }],
      [digests[1], { os: 'linux', architecture: 'arm64' }],
    ])
    expectBoth(`${repository}:1`)
  })
})
