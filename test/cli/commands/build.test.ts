import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Library } from '../../../src/cli/ports.ts'
import type { BuildOptions } from '../../../src/index.ts'
import { builtId, recordingBuild, runCommandLine } from '../command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-build-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function asked(...argv: readonly string[]) {
  const library = recordingBuild()
  expect(await runCommandLine([...argv, '.'], library)).toMatchObject({ status: 0, stderr: '' })
  return library.asked[0]
}

describe('files for other programs', () => {
  test('--iidfile has the image id, --digest-file the digest of the manifest, --metadata-file both', async () => {
    const [iid, digest, metadata] = ['iid', 'digest', 'metadata'].map((name) => join(folder, name))
    const library = recordingBuild()
    const flags = [`--iidfile=${iid}`, `--digest-file=${digest}`, `--metadata-file=${metadata}`]
    expect(await runCommandLine([...flags, '.'], library)).toMatchObject({ status: 0 })
    const found = JSON.parse(readFileSync(metadata ?? '', 'utf8'))
    expect(readFileSync(iid ?? '', 'utf8')).toBe(builtId)
    expect(readFileSync(digest ?? '', 'utf8')).toBe(found['containerimage.digest'])
    expect(found['containerimage.config.digest']).toBe(builtId)
  })

  test('of an index they have its digest, and no config', async () => {
    const [iid, digest, metadata] = ['iid', 'digest', 'metadata'].map((name) => join(folder, name))
    const manifest = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: builtId as never, size: 9 }
    const library = recordingBuild({ manifest })
    const ofIndex = async (options: BuildOptions) => {
      const { platform: _, ...result } = await library.build(options)
      return result
    }
    const flags = [`--iidfile=${iid}`, `--digest-file=${digest}`, `--metadata-file=${metadata}`]
    const ran = await runCommandLine(['--platform=amd64,arm64', ...flags, '.'], { ...library, build: ofIndex })
    expect(ran).toMatchObject({ status: 0 })
    const found = JSON.parse(readFileSync(metadata ?? '', 'utf8'))
    expect(found['containerimage.descriptor']).toEqual(manifest)
    expect(Object.keys(found)).not.toContain('containerimage.config.digest')
    expect([iid, digest].map((file) => readFileSync(file ?? '', 'utf8'))).toEqual([builtId, builtId])
  })

  test('--metadata-file has the keys of buildx, and warnings when BUILDX_METADATA_WARNINGS asks for them', async () => {
    const file = join(folder, 'metadata')
    const source = { name: 'Dockerfile', text: 'FROM a\n' }
    const at = { source, start: { line: 0, column: 0 }, end: { line: 0, column: 6 } }
    const library = recordingBuild({ names: ['a:1', 'b:1'], warnings: [{ rule: 'R', message: 'm', at }] })
    const metadataOf = async (env: Readonly<Record<string, string>>) => {
      expect(await runCommandLine(['--metadata-file', file, '.'], library, env)).toMatchObject({ status: 0 })
      return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>
    }
    const found = await metadataOf({})
    expect(found).toEqual({
      'buildx.build.ref': expect.stringMatching(/^tsbuild\/tsbuild\/[0-9a-z]{25}$/),
      'containerimage.config.digest': builtId,
      'containerimage.descriptor': {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: builtId,
        size: 3,
        platform: { os: 'linux', architecture: 'amd64' },
      },
      'containerimage.digest': builtId,
      'image.name': 'a:1,b:1',
    })
    const { 'buildx.build.ref': reference, ...asked } = await metadataOf({ BUILDX_METADATA_WARNINGS: '1' })
    expect(reference).not.toBe(found['buildx.build.ref'])
    const short = Buffer.from('R: m (line 1)').toString('base64')
    expect(asked).toMatchObject({ 'buildx.build.warnings': [{ vertex: 'internal:definition', level: 1, short }] })
  })

  test('a place where no file can be is refused before the build', async () => {
    const library = recordingBuild()
    const ran = await runCommandLine(['--digest-file', join(folder, 'no/such/folder'), '.'], library)
    expect(ran).toMatchObject({ status: 125, stderr: expect.stringContaining('--digest-file') })
    for (const flag of ['--metadata-file', '--report', '--iidfile']) {
      const refused = await runCommandLine([`${flag}=/proc/nothing`, '.'], library)
      expect(refused).toEqual({ status: 125, stdout: '', stderr: expect.stringMatching(/nothing new .*\nhint: .*\n$/) })
    }
    expect(library.asked).toEqual([])
  })

  test('a place that goes while the build runs is an error that names it', async () => {
    const gone = mkdtempSync(join(folder, 'gone-'))
    const build: Library['build'] = async (options) => {
      rmSync(gone, { recursive: true })
      return recordingBuild().build(options)
    }
    const ran = await runCommandLine(['--metadata-file', join(gone, 'file'), '.'], { build })
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`there is no directory ${gone} [TSB_EXPORT_WRITE]\nhint: `),
    })
  })
})

describe('flags', () => {
  test('--build-arg wins over --build-arg-file', async () => {
    const file = join(folder, 'args')
    writeFileSync(file, 'A=file\n# no\nB=file\n')
    expect(await asked('--build-arg-file', file, '--build-arg', 'A=flag')).toMatchObject({
      args: { A: 'flag', B: 'file' },
    })
  })

  test('--annotation is for the store and for outputs that can hold it', async () => {
    const annotation = { on: 'manifest', name: 'a', value: 'b' }
    const options = await asked('--annotation', 'a=b', '-o', 'type=oci,dest=x', '-o', 'out')
    expect(options).toMatchObject({
      annotations: [annotation],
      outputs: [
        { type: 'oci', annotations: [annotation] },
        { type: 'local', dest: 'out' },
      ],
    })
  })

  test('an annotation of an output is its own', async () => {
    const [own, image] = ['own', 'image'].map((name) => ({ on: 'manifest', name, value: '1' }))
    const options = await asked('-o', 'type=docker,dest=x,annotation.own=1', '-o', 'type=image,annotation.image=1')
    expect(options).toMatchObject({ annotations: [image], outputs: [{ type: 'docker', annotations: [own] }] })
  })

  test('--unset-… names what the image is not to have; a port without a protocol is tcp', async () => {
    const flags = ['--unset-env=A', '--unset-label=l', '--unset-volume=/v', '--unset-port=80', '--unset-port=53/UDP']
    expect(await asked(...flags, '--unset-healthcheck')).toMatchObject({
      unset: { variables: ['A'], labels: ['l'], volumes: ['/v'], ports: ['80/tcp', '53/udp'], healthcheck: true },
    })
  })

  test('--ssh and --cgroup-parent', async () => {
    expect(await asked('--ssh', 'default', '--ssh', 'k=a,b', '--cgroup-parent', '/x')).toMatchObject({
      ssh: [
        { id: 'default', paths: [] },
        { id: 'k', paths: ['a', 'b'] },
      ],
      cgroupParent: '/x',
    })
  })

  test('what a RUN may use, how long and how often', async () => {
    const limits = ['-m', '1g', '--memory-swap=2g', '--cpus', '1.5', '--pids-limit=100']
    const rest = ['--step-timeout', '1m30s', '--retry=2', '--retry-delay', '500ms', '--security-opt', 'seccomp=p.json']
    expect(await asked(...limits, ...rest)).toMatchObject({
      resources: { memory: 2 ** 30, memorySwap: 2 ** 31, cpus: 1.5, processes: 100 },
      stepTimeout: 90_000,
      retries: 2,
      retryDelay: 500,
      seccomp: { file: 'p.json' },
    })
  })

  test('limits of docker that change nothing are taken, with a note', async () => {
    const { status, stderr } = await runCommandLine(['-c', '5', '--cpuset-cpus', '0-1', '.'], recordingBuild())
    expect(status).toBe(0)
    for (const flag of ['cpu-shares', 'cpuset-cpus']) expect(stderr).toContain(`note: --${flag} has no effect: `)
  })

  test.each(['device', 'device=vendor.com/class=gpu'])(
    '--allow %s is refused: there are no devices',
    async (granted) => {
      const ran = await runCommandLine(['--allow', granted, '.'], recordingBuild())
      expect(ran).toMatchObject({ status: 125, stderr: expect.stringContaining('take RUN --device out') })
    },
  )

  test('--allow refuses what it does not know, and names the nearest', async () => {
    const ran = await runCommandLine(['--allow', 'network.hots', '.'], recordingBuild())
    expect(ran).toMatchObject({ status: 125, stderr: expect.stringContaining('did you mean "network.host"?') })
  })
})
