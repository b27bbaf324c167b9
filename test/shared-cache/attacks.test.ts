import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hexOf, sha256 } from '../../src/digest/index.ts'
import type { BuildOptions, CacheFrom } from '../../src/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { noticesOf, sourcesOf } from '../support/machines.ts'
import { runProgram } from '../support/programs.ts'
import { tar } from '../support/tar.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

interface Described {
  mediaType: string
  digest: string
  size: number
}
interface Manifest {
  artifactType?: string
  config: Described
  layers: Described[]
}
interface Records {
  version: number
  records: {
    key: string
    step: string
    components: { definition: unknown; inputs: unknown[] }
    layer: { blob: string; diffId: string; contentId: string }
    created: string
  }[]
  mounts: unknown[]
}

/** A cache in a folder, as somebody who can write to it leaves it: all digests fit, unless `tamper` sees to it. */
interface Forgery {
  readonly manifest: Manifest
  readonly records: Records
  /** Puts other bytes in, under their own digest. */
  put(bytes: Uint8Array): { digest: string; size: number }
  file(digest: string): string
}

describe('shared caches that somebody changed', () => {
  let one: Workspace
  beforeAll(async () => {
    one = await openWorkspace()
  })
  afterAll(() => one[Symbol.asyncDispose]())

  /** What a cold machine makes of a cache that was changed, and what it says. */
  async function built(
    tamper: (forgery: Forgery) => void,
    options: Partial<BuildOptions> = {},
    fromFolder: (folder: string) => CacheFrom = (folder) => ({ type: 'local', path: folder }),
  ) {
    await using machine = await openWorkspace()
    for (const each of [one, machine]) {
      each.write({
        'context/Dockerfile': 'FROM scratch\nCOPY a /one/\nCOPY b /two/\n',
        'context/a': 'honest a',
        'context/b': 'honest b',
      })
    }
    const folder = path.join(machine.directory, 'cache')
    await one.build({ cacheTo: [{ type: 'local', path: folder }] })
    forge(folder, tamper)
    const dest = path.join(machine.directory, 'out')
    const outputs = [{ type: 'local', dest }] as const
    const { events, ran } = await machine.build({ outputs, cacheFrom: [fromFolder(folder)], ...options })
    const files = ['one/a', 'two/b'].map((name) => readFileSync(path.join(dest, name), 'utf8'))
    expect(existsSync(path.join(dest, 'evil'))).toBe(false)
    return { ran, files, notices: noticesOf(events), sources: sourcesOf(events) }
  }

  function forge(folder: string, tamper: (forgery: Forgery) => void): void {
    const file = (digest: string) => path.join(folder, 'blobs/sha256', digest.replace('sha256:', ''))
    const json = (at: string) => JSON.parse(readFileSync(at, 'utf8'))
    const put = (bytes: Uint8Array) => {
      const digest = sha256(bytes)
      writeFileSync(path.join(folder, 'blobs/sha256', hexOf(digest)), bytes)
      return { digest, size: bytes.length }
    }
    const index = json(path.join(folder, 'index.json')) as { manifests: Described[] }
    const manifest = json(file(index.manifests[0]?.digest ?? '')) as Manifest
    const records = json(file(manifest.config.digest)) as Records
    const before = { ...manifest.config }
    tamper({ manifest, records, put, file })
    if (manifest.config.digest === before.digest && manifest.config.size === before.size) {
      Object.assign(manifest.config, put(Buffer.from(JSON.stringify(records))))
    }
    Object.assign(index.manifests[0] ?? {}, put(Buffer.from(JSON.stringify(manifest))))
    writeFileSync(path.join(folder, 'index.json'), JSON.stringify(index))
  }

  const evil = gzipSync(tar('f evil=evil'))
  const gzip = 'application/vnd.oci.image.layer.v1.tar+gzip'
  const all = ['[1/2] COPY a /one/', '[2/2] COPY b /two/']
  const honest = ['honest a', 'honest b']

  it('is used when nobody did', async () => {
    const { ran, files, notices } = await built(() => {})
    expect({ ran, files, notices }).toEqual({ ran: [], files: honest, notices: '' })
  })

  const ofLayers: readonly (readonly [string, RegExp, (forgery: Forgery) => void])[] = [
    [
      'F06 a record with the blob of a hostile layer is refused by its diff id',
      /unpacks to sha256/,
      ({ manifest, records, put }) => {
        const blob = put(evil)
        manifest.layers.push({ mediaType: gzip, ...blob })
        const [record] = records.records
        if (record) record.layer.blob = blob.digest
      },
    ],
    [
      'F06 a blob with other bytes than its digest says is refused by that',
      /digest/,
      ({ manifest, file }) => {
        const digest = manifest.layers[0]?.digest ?? ''
        const bytes = readFileSync(file(digest))
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
        writeFileSync(file(digest), bytes)
      },
    ],
    [
      'F06 a blob that is longer than it is said to be is refused',
      /long|bytes/,
      ({ manifest, file }) => {
        const digest = manifest.layers[0]?.digest ?? ''
        writeFileSync(file(digest), Buffer.concat([readFileSync(file(digest)), Buffer.alloc(1 << 20)]))
      },
    ],
    [
      'F06 a layer that unpacks to far more than it has is refused',
      /grows more than 1000 times/,
      ({ manifest, records, put }) => {
        const bomb = gzipSync(Buffer.alloc(200 << 20))
        const blob = put(bomb)
        manifest.layers.push({ mediaType: gzip, ...blob })
        const [record] = records.records
        if (record) record.layer.blob = blob.digest
      },
    ],
    [
      'F06 a blob that is gone is run again',
      /./,
      ({ manifest, file }) => rmSync(file(manifest.layers[0]?.digest ?? '')),
    ],
    [
      'F06 a link in place of a blob leads nowhere',
      /link|special/,
      ({ manifest, file }) => {
        const at = file(manifest.layers[0]?.digest ?? '')
        writeFileSync(`${at}.outside`, readFileSync(at))
        rmSync(at)
        symlinkSync(`${at}.outside`, at)
      },
    ],
    [
      'F06 a record with the content id of other files is refused',
      /and its record says/,
      ({ records }) => {
        const [first, second] = records.records
        if (first && second) first.layer.contentId = second.layer.contentId
      },
    ],
    [
      'F06 a hostile layer with its own diff id, described as the honest one, is refused',
      /and its record says/,
      ({ manifest, records, put }) => {
        const blob = put(evil)
        manifest.layers.push({ mediaType: gzip, ...blob })
        const [record] = records.records
        if (record) Object.assign(record.layer, { blob: blob.digest, diffId: sha256(gunzipSync(evil)) })
      },
    ],
  ]
  it.each(ofLayers)('%s', async (_, said, tamper) => {
    const { ran, files, notices } = await built(tamper)
    expect(files).toEqual(honest)
    expect(ran.length).toBeGreaterThan(0)
    expect(notices).toMatch(/warning: the cache \S+ has a layer that cannot be used, and the step is run: /)
    expect(notices).toMatch(said)
  })

  const ofDocuments: readonly (readonly [string, RegExp, (forgery: Forgery) => void])[] = [
    [
      'F06 a record under the key of another is refused, and all with it',
      /a record under the key sha256:\w+ is of sha256/,
      ({ records }) => {
        const [first, second] = records.records
        if (first && second) [first.key, second.key] = [second.key, first.key]
      },
    ],
    [
      'F06 records of more bytes than allowed are not read',
      /more than the \d+ allowed/,
      ({ manifest, put }) => void Object.assign(manifest.config, put(Buffer.alloc(9 << 20, ' '))),
    ],
    [
      'F06 a digest that is a path is refused',
      /no cache that can be read: records.0.layer.blob/,
      ({ records }) => {
        const [record] = records.records
        if (record) record.layer.blob = 'sha256:../../../../../../etc/passwd'
      },
    ],
    [
      'F06 a layer that the manifest does not list is refused',
      /is not in the manifest/,
      ({ records }) => {
        const [record] = records.records
        if (record) record.layer.blob = sha256('elsewhere')
      },
    ],
    [
      'F06 a layer of a forged media type is refused',
      /is of the type "text\/html"/,
      ({ manifest }) => {
        for (const layer of manifest.layers) layer.mediaType = 'text/html'
      },
    ],
    [
      'F06 a compressed layer that is called a plain one is refused',
      /is a plain tar, and its diff id is/,
      ({ manifest }) => {
        for (const layer of manifest.layers) layer.mediaType = 'application/vnd.oci.image.layer.v1.tar'
      },
    ],
    [
      'F06 records that are called something else are no cache',
      /has no cache in it/,
      ({ manifest }) => {
        manifest.config.mediaType = 'application/json'
      },
    ],
    [
      'F06 members that nobody knows are refused',
      /no cache that can be read/,
      ({ records }) => void Object.assign(records.records[0] ?? {}, { command: 'curl evil' }),
    ],
    [
      'F06 a time that is none is refused',
      /records.0.created/,
      ({ records }) => {
        const [record] = records.records
        if (record) record.created = 'now'
      },
    ],
  ]
  it.each(ofDocuments)('%s', async (_, said, tamper) => {
    const { ran, files, notices, sources } = await built(tamper)
    expect({ ran, files, sources }).toEqual({ ran: all, files: honest, sources: [] })
    expect(notices).toMatch(/warning: the cache \S+ is not used: /)
    expect(notices).toMatch(said)
  })

  it.skipIf(!hasDockerRegistry)('F06 verify=true looks at layers of a registry that nobody would read', async () => {
    await using server = await startDockerRegistry()
    const ref = `${server.host}/app:cache`
    const [, , swapped] = ofLayers[0] ?? []
    if (!swapped) throw new Error('no case')
    const pushed = (folder: string): CacheFrom => {
      runProgram('skopeo', 'copy', '--dest-tls-verify=false', `oci:${folder}:latest`, `docker://${ref}`)
      return { type: 'registry', ref, verify: true }
    }
    const { ran, files, notices } = await built(swapped, {}, pushed)
    expect({ ran, files }).toEqual({ ran: ['[1/2] COPY a /one/'], files: honest })
    expect(notices).toMatch(/unpacks to sha256/)
  })

  it('F01 an image with the history of a build is no cached result of it', async () => {
    await using machine = await openWorkspace()
    machine.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /one/\n', 'context/a': 'a' })
    const folder = path.join(machine.directory, 'image')
    await machine.build({ outputs: [{ type: 'oci', dest: folder, tar: false }], tags: ['app:latest'] })
    await using cold = await openWorkspace()
    cold.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /one/\n', 'context/a': 'a' })
    const { ran, events } = await cold.build({ cacheFrom: [{ type: 'local', path: folder }] })
    expect(ran).toHaveLength(1)
    expect(noticesOf(events)).toContain('has no cache in it')
  })

  it('G04 values of options that carry keys are not printed', async () => {
    for (const flag of ['--cache-to', '--cache-from']) {
      const types = [
        'type=s3',
        'type=s3,"',
        'type=s3,a',
        'type=gha',
        'type=azblob',
        'type=registry,ref=x',
        'type=none',
        'type=local',
      ]
      for (const type of types) {
        const words = [flag, `${type},secret_access_key=CANARY,token=CANARY`, 'context']
        const { status, stderr, stdout } = await tsbuild(one, ...words)
        expect(status).toBe(125)
        expect(stderr + stdout).not.toContain('CANARY')
      }
    }
  })
})
