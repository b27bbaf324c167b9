import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { openArchive } from '../../src/archive/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import {
  checkLayoutHeader,
  parseConfig,
  parseIndex,
  parseManifest,
  parseManifestOrIndex,
} from '../../src/image/index.ts'
import { withDockerProxies } from '../../src/library/docker-proxies.ts'
import { readSeccomp } from '../../src/library/seccomp.ts'
import { loadRegistryConfig } from '../../src/registry/config-file.ts'
import { parseRecord as parseUrlRecord } from '../../src/remote/http/record.ts'
import { openIndexFile } from '../../src/store/index-file.ts'
import { openOrigins } from '../../src/store/origins.ts'
import { tar } from '../support/tar.ts'
import { damagedBytes } from './bytes.ts'
import { mutatedJson } from './json.ts'
import { type FuzzTarget, inFolder, outcomeOf } from './target.ts'

const layer = tar('f a=1')
const config = {
  created: '2020-01-01T00:00:00Z',
  architecture: 'amd64',
  os: 'linux',
  variant: 'v1',
  config: {
    User: '1:2',
    ExposedPorts: { '80/tcp': {} },
    Env: ['PATH=/bin', 'A=b'],
    Entrypoint: ['/bin/sh'],
    Cmd: ['-c', 'x'],
    Volumes: { '/data': {} },
    WorkingDir: '/w',
    Labels: { a: 'b' },
    StopSignal: 'SIGTERM',
    Healthcheck: { Test: ['CMD', 'x'], Interval: 1e9, Timeout: 1e9, Retries: 3 },
    OnBuild: ['RUN x'],
    Shell: ['/bin/sh', '-c'],
  },
  rootfs: { type: 'layers', diff_ids: [sha256(layer)] },
  history: [{ created: '2020-01-01T00:00:00Z', created_by: 'x', comment: 'c', empty_layer: false }],
}
const configText = JSON.stringify(config)
const descriptor = (bytes: string | Uint8Array, mediaType: string) => ({
  mediaType: `application/vnd.oci.image.${mediaType}`,
  digest: sha256(bytes),
  size: Buffer.byteLength(bytes),
})
const manifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: descriptor(configText, 'config.v1+json'),
  layers: [{ ...descriptor(layer, 'layer.v1.tar'), annotations: { a: 'b' }, urls: ['https://example.com/x'] }],
  annotations: { 'org.opencontainers.image.title': 't' },
}
const manifestText = JSON.stringify(manifest)
const index = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [
    {
      ...descriptor(manifestText, 'manifest.v1+json'),
      platform: { architecture: 'amd64', os: 'linux', variant: 'v1', 'os.features': ['x'] },
      annotations: {
        'org.opencontainers.image.ref.name': 'app:1',
        'io.containerd.image.name': 'docker.io/library/app:1',
      },
    },
  ],
}
const layout = { imageLayoutVersion: '1.0.0' }
const docker = [{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['layer.tar'] }]
const mediaTypes = fc.constantFrom(undefined, manifest.mediaType, index.mediaType, 'application/json', 'x/y; charset=z')

const documents: FuzzTarget<readonly [string | Uint8Array, string | undefined]> = {
  name: 'documents',
  runs: 1500,
  input: fc.tuple(
    fc.oneof(
      { weight: 6, arbitrary: mutatedJson([manifest, index, config, layout]) },
      fc.uint8Array({ maxLength: 60 }),
      damagedBytes(fc.constantFrom(Buffer.from(manifestText), Buffer.from(configText)), 3),
    ),
    mediaTypes,
  ),
  async holds([text, mediaType]) {
    const bytes = Buffer.from(text)
    const parsers: readonly ((bytes: Uint8Array) => Promise<object>)[] = [
      parseManifest,
      parseIndex,
      parseConfig,
      (all: Uint8Array) =>
        parseManifestOrIndex(all, { mediaType }).then((found) =>
          found.kind === 'manifest' ? found.manifest : found.index,
        ),
    ]
    for (const parse of parsers) {
      const { value } = await outcomeOf(() => parse(bytes))
      if (value === undefined) continue
      const again = await parse(Buffer.from(JSON.stringify(value)))
      assert.equal(JSON.stringify(again), JSON.stringify(value))
    }
    await outcomeOf(() => checkLayoutHeader(bytes, 'oci-layout'))
    assert.deepEqual(Object.keys(Object.prototype), [])
  },
}

const amd64 = { os: 'linux', architecture: 'amd64' }

/** An image in an archive, one of whose documents somebody changed; digests are those of the changed ones. */
const imageArchives: FuzzTarget<readonly ['docker' | 'config' | 'manifest' | 'index' | 'layout', string]> = {
  name: 'image-archives',
  runs: 200,
  input: fc.oneof(
    fc.tuple(fc.constant('docker' as const), mutatedJson([docker])),
    fc.tuple(fc.constant('config' as const), mutatedJson([config])),
    fc.tuple(fc.constant('manifest' as const), mutatedJson([manifest])),
    fc.tuple(fc.constant('index' as const), mutatedJson([index])),
    fc.tuple(fc.constant('layout' as const), mutatedJson([layout])),
  ),
  holds: ([which, text]) =>
    inFolder(async (folder) => {
      const file = join(folder, 'archive.tar')
      writeFileSync(file, which === 'docker' ? dockerArchive(text) : ociArchive(which, text))
      const { value } = await outcomeOf(() => openArchive(file, amd64, async () => folder))
      for (const image of value ?? [])
        for (const each of image.manifest.layers) await outcomeOf(() => drained(image.layer(each)))
    }),
}

async function drained(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of bytes);
}

function dockerArchive(text: string): Buffer {
  const file = (name: string, body: string | Uint8Array) => ({ name, body })
  return tar(file('config.json', configText), file('layer.tar', layer), file('manifest.json', text))
}

function ociArchive(which: string, text: string): Buffer {
  const blobs = new Map<string, string | Uint8Array>()
  const put = (bytes: string | Uint8Array, mediaType: string) => {
    blobs.set(sha256(bytes).slice('sha256:'.length), bytes)
    return descriptor(bytes, mediaType)
  }
  put(layer, 'layer.v1.tar')
  const configs = put(which === 'config' ? text : configText, 'config.v1+json')
  const manifests = put(
    which === 'manifest' ? text : JSON.stringify({ ...manifest, config: configs }),
    'manifest.v1+json',
  )
  const entry = { ...index.manifests[0], ...manifests }
  return tar(
    { name: 'oci-layout', body: which === 'layout' ? text : JSON.stringify(layout) },
    { name: 'index.json', body: which === 'index' ? text : JSON.stringify({ ...index, manifests: [entry] }) },
    ...[...blobs].map(([hex, body]) => ({ name: `blobs/sha256/${hex}`, body })),
  )
}

const mirrors = { registryMirrors: { 'docker.io': ['127.0.0.1:5000', 'https://mirror.lan'], 'ghcr.io': [] } }
const dockerConfig = {
  proxies: { default: { httpProxy: 'http://a:1', noProxy: 'b' } },
  auths: { 'r.io': { auth: 'eA==' } },
}
const seccomp = {
  defaultAction: 'SCMP_ACT_ERRNO',
  defaultErrnoRet: 1,
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    { names: ['read'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, valueTwo: 2, op: 'SCMP_CMP_EQ' }] },
    {
      names: ['clone'],
      action: 'SCMP_ACT_ALLOW',
      includes: { caps: ['CAP_SYS_ADMIN'], minKernel: '4.8' },
      excludes: {},
    },
  ],
}
const urlRecord = {
  version: 1,
  digest: sha256('x'),
  size: 1,
  modified: 5,
  etag: '"x"',
  fetched: '2020-01-01T00:00:00Z',
  identity: { dev: '1', ino: '2', mtimeNs: '3', ctimeNs: '4' },
}

const nowhere = { root: '/', arch: 'x64', env: {}, now: () => 0, stdout: new PassThrough(), stdin: new PassThrough() }

/** Files of settings, and those of the store that are JSON without a seal. */
const files: FuzzTarget<string> = {
  name: 'json-files',
  runs: 300,
  input: mutatedJson([mirrors, dockerConfig, seccomp, urlRecord, index, { location: 'docker.io/library/x' }]),
  holds: (text) =>
    inFolder(async (folder) => {
      const file = join(folder, 'index.json')
      writeFileSync(file, text)
      writeFileSync(join(folder, 'config.json'), text)
      const env = { DOCKER_CONFIG: folder }
      await outcomeOf(() => loadRegistryConfig(file))
      await outcomeOf(() => withDockerProxies({}, { env }))
      await outcomeOf(() => readSeccomp({ file }, { ...nowhere, cwd: folder }))
      await outcomeOf(() => openIndexFile(folder, async () => folder).read())
      parseUrlRecord(text)
      mkdirSync(join(folder, 'origins'))
      writeFileSync(join(folder, 'origins', sha256('x').slice('sha256:'.length)), text)
      await openOrigins(join(folder, 'origins'), async () => folder).find(sha256('x'))
    }),
}

export const documentTargets = [documents, imageArchives, files] as const
