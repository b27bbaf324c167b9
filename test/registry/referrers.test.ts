import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import { type Descriptor, mediaTypes } from '../../src/image/index.ts'
import { copy } from '../../src/index.ts'
import type { Registry } from '../../src/registry/index.ts'
import { tsbuild } from '../support/command-line.ts'
import { hasDockerRegistry, noDockerRegistry, startDockerRegistry } from '../support/docker-registry.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startServer } from '../support/http-server.ts'
import { code, open } from '../support/pulling.ts'
import { openWorkspace } from '../support/workspace.ts'

const empty = Buffer.from('{}')
const emptyType = 'application/vnd.oci.empty.v1+json'

/** Puts an artifact of one blob, as oras and cosign make them, that refers to something. */
async function attach(registry: Registry, location: string, subject: Descriptor, artifactType: string, text: string) {
  const bytes = Buffer.from(text)
  const blobs = [
    { bytes: empty, descriptor: { mediaType: emptyType, digest: sha256(empty), size: 2 } },
    { bytes, descriptor: { mediaType: 'text/plain', digest: sha256(bytes), size: bytes.length } },
  ]
  for (const { bytes: blob, descriptor } of blobs) {
    await registry.upload(location, {
      descriptor,
      open: async function* () {
        yield blob
      },
    })
  }
  const [config, layer] = blobs.map(({ descriptor }) => descriptor)
  const { mediaType, digest, size } = subject
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType, config, layers: [layer] }
  const document = JSON.stringify({ ...manifest, subject: { mediaType, digest, size }, annotations: { a: text } })
  return registry.put(location, { mediaType: mediaTypes.manifest, bytes: Buffer.from(document) }, undefined)
}

describe.skipIf(!hasDockerRegistry)(`what refers to an image (${noDockerRegistry})`, () => {
  it('is kept under a tag where the registry does not list it, and copied when that is asked', async () => {
    await using workspace = await openWorkspace()
    await using server = await startDockerRegistry()
    const { environment, directory } = workspace
    workspace.write({ 'context/Dockerfile': 'FROM scratch\nCOPY a /\n', 'context/a': 'a' })
    const location = `${server.host}/app`
    const { result } = await workspace.build({ tags: [`${location}:1`], outputs: [{ type: 'registry' }] })
    const registry = open()
    const one = await attach(registry, location, result.manifest, 'example/sbom', 'one')
    const again = await attach(registry, location, result.manifest, 'example/sbom', 'one')
    const two = await attach(registry, location, result.manifest, 'example/signature', 'two')
    const deep = await attach(registry, location, two, 'example/signature', 'of the signature')
    expect(again).toEqual(one)
    const listed = await tsbuild(workspace, 'referrers', `${location}:1`)
    expect(listed.stdout).toBe(
      `${one.digest}\t${one.size}\texample/sbom\n${two.digest}\t${two.size}\texample/signature\n`,
    )
    const some = await tsbuild(workspace, 'referrers', '--artifact-type', 'example/signature', `${location}:1`)
    expect(some.stdout).toBe(`${two.digest}\t${two.size}\texample/signature\n`)
    await copy(`${location}:1`, `${server.host}/plain:1`, {}, environment)
    expect(await registry.referrers(`${server.host}/plain`, result.manifest.digest)).toEqual([])
    expect(await tsbuild(workspace, 'copy', '--referrers', `${location}:1`, `${server.host}/other:1`)).toMatchObject({
      status: 0,
    })
    const copied = await registry.referrers(`${server.host}/other`, result.manifest.digest)
    expect(copied.map(({ digest, annotations }) => [digest, annotations])).toEqual([
      [one.digest, { a: 'one' }],
      [two.digest, { a: 'two' }],
    ])
    expect((await registry.referrers(`${server.host}/other`, two.digest)).map(({ digest }) => digest)).toEqual([
      deep.digest,
    ])
    await copy(`${location}:1`, `oci-layout://${directory}/layout:x`, { referrers: true }, environment)
    const index = JSON.parse(readFileSync(path.join(directory, 'layout/index.json'), 'utf8'))
    expect(index.manifests).toHaveLength(4)
    const layout = copy(`oci-layout://${directory}/layout:x`, `${server.host}/back:1`, { referrers: true }, environment)
    await expect(layout).rejects.toThrow(code('TSB_COPY_PLACE'))
    registry.close()
  }, 30_000)

  it('L06 that is attached by two at the same time is listed for both', async () => {
    await using server = await startDockerRegistry()
    let writes = 0
    const isWrite = (method: string, path: string) => method === 'PUT' && path.includes('/manifests/sha256-')
    // Of two that write the tag the second comes later, when the first has seen what it wrote.
    await using proxy = await startFaultProxy(server.host, (method, path) =>
      isWrite(method, path) && writes++ % 2 === 1 ? 'delay' : undefined,
    )
    const location = `${proxy.host}/app`
    const [one, two] = [open(), open()]
    for (let round = 0; round < 4; round++) {
      writes = 0
      const subject = { mediaType: mediaTypes.manifest, digest: sha256(Buffer.from(`subject ${round}`)), size: 9 }
      const both = await Promise.all([
        attach(one, location, subject, 'example/sbom', 'one'),
        attach(two, location, subject, 'example/signature', 'two'),
      ])
      const listed = (await one.referrers(location, subject.digest)).map(({ digest }) => digest)
      expect(listed.toSorted()).toEqual(both.map(({ digest }) => digest).toSorted())
    }
    for (const registry of [one, two]) registry.close()
  }, 30_000)
})

describe('a registry that lists referrers', () => {
  const digest = sha256(empty)
  const page = (artifactType: string) => {
    const manifests = [{ mediaType: mediaTypes.manifest, digest, size: 2, artifactType }]
    return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests })
  }

  it('is asked for all pages, and no tag is written', async () => {
    await using server = await startServer((request, response) => {
      if (request.method === 'PUT')
        return request.resume().on('end', () => response.writeHead(201, { 'oci-subject': digest }).end())
      const isLast = request.url?.includes('last') === true
      if (!isLast) response.setHeader('link', '</v2/app/referrers/x?last=1>; rel="next"')
      return response.setHeader('content-type', mediaTypes.index).end(page(isLast ? 'x/b' : 'x/a'))
    })
    const registry = open()
    const found = await registry.referrers(`${server.host}/app`, digest)
    expect(found.map(({ artifactType }) => artifactType)).toEqual(['x/a', 'x/b'])
    const subject = { mediaType: mediaTypes.manifest, digest, size: 2 }
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, config: subject, layers: [], subject }))
    await registry.put(`${server.host}/app`, { mediaType: mediaTypes.manifest, bytes }, undefined)
    expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(1)
    registry.close()
  })

  it('E16 is not followed elsewhere', async () => {
    await using other = await startServer((_, response) => response.end(page('x/x')))
    await using server = await startServer((_, response) =>
      response.setHeader('link', `<http://${other.host}/v2/app/referrers/x>; rel="next"`).end(page('x/a')),
    )
    const registry = open()
    await expect(registry.referrers(`${server.host}/app`, digest)).rejects.toThrow(code('TSB_TAGS_LINK'))
    expect(other.requests).toEqual([])
    registry.close()
  })
})
