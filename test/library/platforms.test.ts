import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type BuildOptions, checkStore, history, openImages, plans } from '../../src/index.ts'
import { busyboxBase, hasBusyboxBase, noBusyboxBase } from '../support/busybox-base.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const both = ['linux/amd64', 'linux/arm64']
const dockerfile =
  'FROM scratch AS all\nCOPY all /\nFROM scratch\nARG TARGETARCH\nCOPY --from=all / /\nCOPY $TARGETARCH /arch\n'
const files = { 'context/all': 'for all', 'context/amd64': 'x', 'context/arm64': 'a', 'context/arm': 'v' }

async function opened(): Promise<Workspace> {
  const workspace = await openWorkspace()
  workspace.write(files)
  return workspace
}

const build = (workspace: Workspace, options: Partial<BuildOptions> = {}) =>
  workspace.build({ dockerfile, platform: both, tags: ['app'], ...options })
const read = (workspace: Workspace, ...names: readonly string[]) =>
  readFileSync(join(workspace.directory, ...names), 'utf8')
const blob = (workspace: Workspace, digest: string) =>
  JSON.parse(read(workspace, 'store/oci/blobs/sha256', digest.slice(7)))

describe('a build for several platforms', () => {
  test('gives an index under the name, of a manifest for each, in their order', async () => {
    await using workspace = await opened()
    const { result } = await build(workspace)
    expect(result.id).toBe(result.manifest.digest)
    expect(result.platform).toBeUndefined()
    const index = blob(workspace, result.manifest.digest)
    expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json')
    expect(index.manifests.map((each: { platform: unknown }) => each.platform)).toEqual(
      result.images.map(({ platform }) => platform),
    )
    expect(index.manifests.map(({ digest }: { digest: string }) => digest)).toEqual(
      result.images.map(({ manifest }) => manifest.digest),
    )
    const layout = JSON.parse(read(workspace, 'store/oci/index.json'))
    expect(new Set(layout.manifests.map(({ digest }: { digest: string }) => digest))).toEqual(new Set([result.id]))
  })

  test('does what they share once, and nothing when all is known', async () => {
    await using workspace = await opened()
    const first = await build(workspace)
    expect(first.ran.toSorted()).toEqual([
      '[linux/amd64 all 1/1] COPY all /',
      '[linux/amd64 stage-1 1/2] COPY --from=all / /',
      '[linux/amd64 stage-1 2/2] COPY amd64 /arch',
      '[linux/arm64 stage-1 2/2] COPY arm64 /arch',
    ])
    expect(first.result.steps.total).toBe(4)
    const second = await build(workspace)
    expect([second.ran, second.cached.length, second.result.id]).toEqual([[], 4, first.result.id])
  })

  test('of images that are each what a build for it alone gives', async () => {
    await using workspace = await opened()
    const { result } = await build(workspace)
    for (const [i, platform] of both.entries()) {
      const alone = await build(workspace, { platform, tags: [] })
      expect(alone.result.manifest).toEqual(result.images[i]?.manifest)
      expect(alone.result.id).toBe(result.images[i]?.id)
    }
  })

  test('that are one, however it is spelled, gives no index; BUILDKIT_MULTI_PLATFORM makes one all the same', async () => {
    await using workspace = await opened()
    const { result } = await build(workspace, {
      platform: ['linux/arm64', 'linux/aarch64', 'arm64/v8'.replace('/v8', '')],
    })
    expect(result.manifest.mediaType).toBe('application/vnd.oci.image.manifest.v1+json')
    const asked = await build(workspace, { platform: 'linux/arm64', args: { BUILDKIT_MULTI_PLATFORM: '1' } })
    expect(asked.result.manifest.mediaType).toBe('application/vnd.oci.image.index.v1+json')
    expect(asked.result.images.map(({ manifest }) => manifest)).toEqual([result.manifest])
  })

  test('tells a warning once', async () => {
    await using workspace = await opened()
    const { result, events } = await build(workspace, { dockerfile: 'FROM scratch as x\nCOPY all /\n' })
    expect(result.warnings.map(({ rule }) => rule)).toEqual(['FromAsCasing'])
    expect(events.filter(({ type }) => type === 'warnings')).toHaveLength(1)
  })

  test('is planned for each without running anything, and knows what needs an emulator', async () => {
    await using workspace = await opened()
    await build(workspace, { tags: ['base'] })
    const text = 'FROM base\nRUN one\n'
    const options = { context: 'context', dockerfile: text, platform: both }
    const found = await plans(options, { ...workspace.environment, arch: 'x64' })
    expect(found.map(({ plan }) => plan.nodes.flatMap(({ emulates }) => emulates?.architecture ?? []))).toEqual([
      [],
      ['arm64'],
    ])
  })
})

describe('outputs of several platforms', () => {
  test('type=oci has all of them', async () => {
    await using workspace = await opened()
    await build(workspace, { outputs: [{ type: 'oci', dest: 'out', tar: false }] })
    const [entry] = JSON.parse(read(workspace, 'out/index.json')).manifests
    const index = JSON.parse(read(workspace, 'out/blobs/sha256', entry.digest.slice(7)))
    expect(entry.annotations['io.containerd.image.name']).toBe('docker.io/library/app:latest')
    for (const { digest } of index.manifests) {
      const { layers } = JSON.parse(read(workspace, 'out/blobs/sha256', digest.slice(7)))
      for (const layer of layers)
        expect(existsSync(join(workspace.directory, 'out/blobs/sha256', layer.digest.slice(7)))).toBe(true)
    }
  })

  test('annotations are where they are asked for', async () => {
    await using workspace = await opened()
    const annotations = [
      { on: 'index', name: 'i', value: '1' },
      { on: 'index-descriptor', name: 'id', value: '2' },
      { on: 'manifest', platform: 'linux/arm64', name: 'm', value: '3' },
      { on: 'manifest-descriptor', name: 'md', value: '4' },
    ] as const
    await build(workspace, { outputs: [{ type: 'oci', dest: 'out', tar: false, annotations }] })
    const [entry] = JSON.parse(read(workspace, 'out/index.json')).manifests
    const index = JSON.parse(read(workspace, 'out/blobs/sha256', entry.digest.slice(7)))
    expect([entry.annotations.id, index.annotations]).toEqual(['2', { i: '1' }])
    expect(index.manifests.map((each: { annotations: unknown }) => each.annotations)).toEqual([
      { md: '4' },
      { md: '4' },
    ])
    const said = index.manifests.map(
      ({ digest }: { digest: string }) => JSON.parse(read(workspace, 'out/blobs/sha256', digest.slice(7))).annotations,
    )
    expect(said).toEqual([undefined, { m: '3' }])
  })

  test('what cannot be is refused before anything is done', async () => {
    await using workspace = await opened()
    const docker = build(workspace, { outputs: [{ type: 'docker', dest: 'x', tar: true }] })
    await expect(docker).rejects.toMatchObject({ code: 'TSB_EXPORT_INDEX', hint: expect.stringContaining('type=oci') })
    const engine = build(workspace, { outputs: [{ type: 'engine' }] })
    await expect(engine).rejects.toMatchObject({ code: 'TSB_EXPORT_INDEX' })
    const annotations = [{ on: 'manifest', platform: 'linux/s390x', name: 'a', value: 'b' }] as const
    await expect(build(workspace, { annotations })).rejects.toMatchObject({ code: 'TSB_ANNOTATION_PLATFORM' })
    await expect(build(workspace, { platform: ['linux/amd64', 'linux/nothing'] })).rejects.toMatchObject({
      code: 'TSB_PLATFORM_FORMAT',
    })
    expect(existsSync(join(workspace.directory, 'store'))).toBe(false)
  })

  test('type=local and type=tar have a folder for each', async () => {
    await using workspace = await opened()
    const outputs = [
      { type: 'local', dest: 'out' },
      { type: 'tar', dest: 'out.tar' },
    ] as const
    await build(workspace, { outputs, platform: [...both, 'linux/arm/v7'] })
    const folders = ['linux_amd64', 'linux_arm64', 'linux_arm_v7']
    expect(readdirSync(join(workspace.directory, 'out')).toSorted()).toEqual(folders)
    expect(folders.map((folder) => read(workspace, 'out', folder, 'arch'))).toEqual(['x', 'a', 'v'])
    mkdirSync(join(workspace.directory, 'tar'))
    runProgram('tar', '-xf', join(workspace.directory, 'out.tar'), '-C', join(workspace.directory, 'tar'))
    expect(folders.map((folder) => read(workspace, 'tar', folder, 'arch'))).toEqual(['x', 'a', 'v'])
  })

  test('platform-split=false puts them together, unless two have one file; true splits one alone', async () => {
    await using workspace = await opened()
    const text = 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /d/$TARGETARCH\n'
    const together = { type: 'local', dest: 'out', platformSplit: false } as const
    const tar = { type: 'tar', dest: 'out.tar', platformSplit: false } as const
    await build(workspace, { dockerfile: text, outputs: [together, tar] })
    expect(readdirSync(join(workspace.directory, 'out/d'))).toEqual(['amd64', 'arm64'])
    expect(runProgram('tar', '-tf', join(workspace.directory, 'out.tar')).trim().split('\n')).toEqual([
      'd/',
      'd/amd64',
      'd/arm64',
    ])
    await expect(build(workspace, { outputs: [{ ...together, dest: 'other' }] })).rejects.toMatchObject({
      code: 'TSB_EXPORT_CONFLICT',
      message: 'cannot overwrite all from linux/amd64 with linux/arm64 when split option is disabled',
    })
    expect(existsSync(join(workspace.directory, 'other'))).toBe(false)
    await build(workspace, { platform: 'linux/arm64', outputs: [{ type: 'local', dest: 'one', platformSplit: true }] })
    expect(readdirSync(join(workspace.directory, 'one'))).toEqual(['linux_arm64'])
  })
})

describe('an index of the store', () => {
  test('is a base for each of its platforms, and for no other', async () => {
    await using workspace = await opened()
    await build(workspace)
    const text = 'FROM app\nCOPY all /more\n'
    const outputs = [{ type: 'local', dest: 'out' }] as const
    await build(workspace, { dockerfile: text, tags: [], outputs })
    expect(both.map((name) => read(workspace, 'out', name.replace('/', '_'), 'arch'))).toEqual(['x', 'a'])
    const other = build(workspace, { dockerfile: text, platform: 'linux/s390x', pull: 'never' })
    await expect(other).rejects.toMatchObject({
      code: 'TSB_PLATFORM_NOT_FOUND',
      hint: 'it has linux/amd64, linux/arm64',
    })
  })

  test('is listed once, and looked at by platform', async () => {
    await using workspace = await opened()
    const { result } = await build(workspace)
    const images = await openImages(workspace.environment)
    const listed = await images.list()
    expect(listed).toMatchObject([{ id: result.id, names: ['app:latest'] }])
    expect(listed[0]?.platforms.map(({ architecture }) => architecture)).toEqual(['amd64', 'arm64'])
    expect((await images.inspect('app', 'linux/arm64')).id).toBe(result.images[1]?.id)
    await expect(images.inspect('app', 'linux/s390x')).rejects.toMatchObject({ code: 'TSB_PLATFORM_NOT_FOUND' })
    await images.close()
    const { rows } = await history('app', { platform: 'linux/arm64' }, workspace.environment)
    expect(rows[0]).toMatchObject({ id: result.images[1]?.id, createdBy: 'COPY arm64 /arch # buildkit' })
  })

  test('comes back whole from an archive', async () => {
    await using workspace = await opened()
    const { result } = await build(workspace)
    const signal = new AbortController().signal
    const images = await openImages(workspace.environment)
    await images.save(['app'], { format: 'oci', dest: 'app.tar' }, signal)
    await images.save(['app'], { format: 'oci', dest: 'arm.tar', platform: 'linux/arm64' }, signal)
    await images.save(['app'], { format: 'docker', dest: 'docker.tar', platform: 'linux/arm64' }, signal)
    await images.close()
    const other = await openImages({ ...workspace.environment, root: join(workspace.directory, 'other') })
    expect(await other.load('app.tar', signal)).toEqual(['app:latest'])
    expect((await other.list()).map(({ names, platforms }) => [names, platforms.length])).toEqual([[['app:latest'], 2]])
    for (const [i, platform] of both.entries())
      expect((await other.inspect('app', platform)).id).toBe(result.images[i]?.id)
    await other.load('arm.tar', signal)
    expect((await other.inspect('app', 'linux/arm64')).id).toBe(result.images[1]?.id)
    await other.load('docker.tar', signal)
    expect((await other.list()).find(({ names }) => names.length > 0)?.id).toBe(result.images[1]?.id)
    await other.close()
  })

  test('is whole by a check of the store, loses an image by name, and goes with its last name', async () => {
    await using workspace = await opened()
    const { result } = await build(workspace, { tags: ['app', 'app:2'] })
    const { whole, images: found, findings } = await checkStore({}, workspace.environment)
    // What killed builds have left on the machine is not of this store.
    expect([whole, found, findings.filter(({ path }) => path.startsWith('oci/'))]).toEqual([true, 1, []])
    const images = await openImages(workspace.environment)
    expect(await images.remove('app')).toEqual(['Untagged: app:latest'])
    expect(await images.remove('app:2')).toEqual(['Untagged: app:2', `Deleted: ${result.id}`])
    expect(await images.list()).toEqual([])
    await images.close()
  })

  test.skipIf(!hasProgram('skopeo'))('is read by skopeo for each platform (skipped without it)', async () => {
    await using workspace = await opened()
    await build(workspace, { outputs: [{ type: 'oci', dest: 'app.tar', tar: true }] })
    const archive = `oci-archive:${join(workspace.directory, 'app.tar')}`
    for (const name of ['amd64', 'arm64']) {
      const found = JSON.parse(runProgram('skopeo', 'inspect', '--override-arch', name, archive))
      expect(found.Architecture).toBe(name)
    }
    runProgram('skopeo', 'copy', '--all', '--insecure-policy', archive, `oci:${join(workspace.directory, 'copied')}:x`)
  })
})

test.skipIf(!hasDockerRegistry)(
  `an index of a registry is a base for each platform (${noDockerRegistry})`,
  async () => {
    await using workspace = await opened()
    await using registry = await startDockerRegistry()
    await build(workspace, { outputs: [{ type: 'oci', dest: 'app.tar', tar: true }], tags: [] })
    const place = `docker://${registry.host}/team/app:1`
    const copy = ['copy', '--all', '--insecure-policy', '--dest-tls-verify=false']
    runProgram('skopeo', ...copy, `oci-archive:${join(workspace.directory, 'app.tar')}`, place)
    const text = `FROM ${registry.host}/team/app:1\nCOPY all /more\n`
    const first = await build(workspace, {
      dockerfile: text,
      tags: ['next'],
      outputs: [{ type: 'local', dest: 'out' }],
    })
    expect(both.map((name) => read(workspace, 'out', name.replace('/', '_'), 'arch'))).toEqual(['x', 'a'])
    const again = await build(workspace, { dockerfile: text, tags: ['next'], pull: 'never' })
    expect([again.ran, again.result.id]).toEqual([[], first.result.id])
  },
)

describe.skipIf(!hasBusyboxBase || process.getuid?.() !== 0)(`a cross build (needs root; ${noBusyboxBase})`, () => {
  const targets = ['linux/amd64', 'linux/arm64', 'linux/riscv64', 'linux/arm/v7']
  const counted = (name: string) => `RUN --mount=type=cache,id=${name},target=/count echo >>/count/runs && `
  const text = [
    'FROM --platform=$BUILDPLATFORM base AS build',
    `${counted('shared')}wc -l </count/runs >/shared`,
    'ARG TARGETARCH TARGETVARIANT',
    `${counted('each')}echo "$TARGETARCH$TARGETVARIANT" >/program`,
    'FROM scratch',
    'COPY --from=build /shared /program /',
    `WORKDIR /w`,
    '',
  ].join('\n')

  test('does what does not depend on the target once, the rest for each, and needs no emulator', async () => {
    await using workspace = await opened()
    await workspace.import(busyboxBase(), 'base')
    const cross = () =>
      build(workspace, { dockerfile: text, platform: targets, outputs: [{ type: 'local', dest: 'out' }] })
    const { ran, result } = await cross()
    expect(ran.filter((label) => label.endsWith('>/shared'))).toHaveLength(1)
    expect(ran.filter((label) => label.endsWith('>/program'))).toHaveLength(4)
    const files = (name: string) => targets.map((at) => read(workspace, 'out', at.replaceAll('/', '_'), name).trim())
    expect(files('shared')).toEqual(['1', '1', '1', '1'])
    expect(files('program')).toEqual(['amd64', 'arm64', 'riscv64', 'armv7'])
    const again = await cross()
    expect([again.ran, again.result.id]).toEqual([[], result.id])
  })
})
