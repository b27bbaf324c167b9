import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openArchive, openArchivedBlobs, openArchivedImage } from '../../src/archive/index.ts'
import { hexOf, sha256 } from '../../src/digest/index.ts'
import { mediaTypes, parseImageSource } from '../../src/image/index.ts'
import { busyboxArchive, hasBusybox } from '../support/busybox.ts'
import { blobOf, descriptorOf, type FakeBlob, fakeImage } from '../support/fake-image.ts'
import { hasProgram, runProgram } from '../support/programs.ts'
import { tar } from '../support/tar.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }
const image = fakeImage()
const code = (expected: string) => expect.objectContaining({ code: expected })

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tsbuild-archive-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const temporary = async (prefix: string) => mkdtempSync(join(folder, prefix))

type Contents = ReadonlyMap<string, string | Buffer>

const blobFile = (blob: FakeBlob) => [`blobs/sha256/${hexOf(sha256(blob.bytes))}`, blob.bytes] as const

/** The files of a layout with these entries in its index. */
function layout(entries: readonly object[], blobs: readonly FakeBlob[] = [image.manifest, image.config, image.layer]) {
  return new Map<string, string | Buffer>([
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
    ['index.json', JSON.stringify({ schemaVersion: 2, manifests: entries })],
    ...blobs.map(blobFile),
  ])
}

const named = (name: string, blob = image.manifest) => ({
  ...descriptorOf(blob),
  annotations: { 'org.opencontainers.image.ref.name': name },
})

function writeTar(contents: Contents): string {
  const path = join(folder, 'image.tar')
  writeFileSync(path, tar(...[...contents].map(([name, body]) => ({ name, body }))))
  return path
}

function writeFolder(contents: Contents): string {
  mkdirSync(join(folder, 'layout/blobs/sha256'), { recursive: true })
  for (const [name, body] of contents) writeFileSync(join(folder, 'layout', name), body)
  return join(folder, 'layout')
}

function open(text: string) {
  const source = parseImageSource(text)
  if (source.kind === 'reference') throw new Error('no archive')
  return openArchivedImage(source, amd64, temporary)
}

async function collect(bytes: AsyncIterable<Uint8Array>) {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('an OCI layout', () => {
  it.each([
    ['a folder', (contents: Contents) => `oci-layout://${writeFolder(contents)}`],
    ['an archive', (contents: Contents) => `oci-archive:${writeTar(contents)}`],
  ])('in %s gives its documents, and layers when they are read', async (_, write) => {
    const found = await open(write(layout([descriptorOf(image.manifest)])))
    expect(found.manifestBytes).toEqual(image.manifest.bytes)
    expect(found.config.rootfs.diff_ids).toEqual([sha256(image.layer.bytes)])
    expect(await collect(found.layer(descriptorOf(image.layer)))).toEqual(image.layer.bytes)
  })

  it('may be compressed', async () => {
    const path = join(folder, 'image.tar.gz')
    const contents = [...layout([descriptorOf(image.manifest)])].map(([name, body]) => ({ name, body }))
    writeFileSync(path, gzipSync(tar(...contents)))
    expect((await open(`oci-archive:${path}`)).manifestBytes).toEqual(image.manifest.bytes)
  })

  it('with several images is asked by tag, by whole name or by digest', async () => {
    const other = fakeImage({ config: { author: 'other' } })
    const blobs = [image, other].flatMap((each) => [each.manifest, each.config, each.layer])
    const path = writeTar(layout([named('one'), named('localhost/two:2', other.manifest)], blobs))
    expect((await open(`oci-archive:${path}:one`)).config.author).toBeUndefined()
    expect((await open(`oci-archive:${path}:2`)).config.author).toBe('other')
    expect((await open(`oci-archive:${path}@${sha256(other.manifest.bytes)}`)).config.author).toBe('other')
    await expect(open(`oci-archive:${path}`)).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_IMAGE_AMBIGUOUS', hint: expect.stringContaining('localhost/two:2, one') }),
    )
    await expect(open(`oci-archive:${path}:three`)).rejects.toThrow(code('TSB_IMAGE_NOT_FOUND'))
  })

  it('with an index gives the image for the platform', async () => {
    const index = blobOf(
      { schemaVersion: 2, manifests: [{ ...descriptorOf(image.manifest), platform: amd64 }] },
      mediaTypes.index,
    )
    const path = writeTar(layout([descriptorOf(index)], [index, image.manifest, image.config]))
    expect((await open(`oci-archive:${path}`)).manifestBytes).toEqual(image.manifest.bytes)
  })

  it('E02 a document with other bytes than its digest is refused', async () => {
    const contents = new Map(layout([descriptorOf(image.manifest)]))
    contents.set(blobFile(image.config)[0], '{}')
    await expect(open(`oci-archive:${writeTar(contents)}`)).rejects.toThrow(code('TSB_DIGEST_MISMATCH'))
  })

  it.each([
    ['TSB_BLOB_TOO_LONG', Buffer.concat([image.layer.bytes, Buffer.from('x')])],
    ['TSB_BLOB_TRUNCATED', image.layer.bytes.subarray(1)],
    ['TSB_DIGEST_MISMATCH', Buffer.alloc(image.layer.bytes.length)],
  ])('E03 a layer with other bytes is refused: %s', async (expected, bytes) => {
    const contents = new Map(layout([descriptorOf(image.manifest)])).set(blobFile(image.layer)[0], bytes)
    const source = { kind: 'oci-archive', path: writeTar(contents) } as const
    const blobs = await openArchivedBlobs(source, temporary)
    await expect(collect(blobs(descriptorOf(image.layer)))).rejects.toThrow(code(expected))
  })

  it('E27 a blob that is a link to a host file is refused and not read', async () => {
    const path = writeFolder(layout([descriptorOf(image.manifest)]))
    const [name] = blobFile(image.config)
    rmSync(join(path, name))
    writeFileSync(join(folder, 'canary'), image.config.bytes)
    symlinkSync(join(folder, 'canary'), join(path, name))
    await expect(open(`oci-layout://${path}`)).rejects.toThrow(code('TSB_ARCHIVE_LINK'))
  })

  it('that lacks what it speaks of is refused', async () => {
    const path = writeTar(layout([descriptorOf(image.manifest)], [image.manifest]))
    await expect(open(`oci-archive:${path}`)).rejects.toThrow(code('TSB_ARCHIVE_REF'))
  })

  it.runIf(hasBusybox)('of skopeo is read', async () => {
    const found = await open(`oci-archive:${busyboxArchive}`)
    expect(found.config.config?.Cmd).toEqual(['sh'])
  })
})

describe('a docker archive', () => {
  const docker = (entry: object, more: readonly (readonly [string, string | Buffer])[] = []) =>
    new Map<string, string | Buffer>([
      ['manifest.json', JSON.stringify([entry])],
      ['config.json', image.config.bytes],
      ['a/layer.tar', image.layer.bytes],
      ...more,
    ])

  it('gives its image, the manifest made up', async () => {
    const path = writeTar(docker({ Config: 'config.json', RepoTags: ['app:1'], Layers: ['a/layer.tar'] }))
    const found = await open(`docker-archive:${path}`)
    expect(found.names.map(({ normal }) => normal)).toEqual(['docker.io/library/app:1'])
    expect(found.manifest.layers).toEqual([descriptorOf(image.layer)])
    expect(await collect(found.layer(descriptorOf(image.layer)))).toEqual(image.layer.bytes)
  })

  it.each([
    ['Config', { Config: '../../etc/passwd', Layers: [] }],
    ['Layers', { Config: 'config.json', Layers: ['/etc/passwd'] }],
  ])('E29 names in %s are those of members and no paths', async (_, entry) => {
    await expect(open(`docker-archive:${writeTar(docker(entry))}`)).rejects.toThrow(code('TSB_ARCHIVE_REF'))
  })

  it.skipIf(!hasProgram('skopeo') || !hasBusybox)('of skopeo is read', async () => {
    const path = join(folder, 'docker.tar')
    runProgram('skopeo', 'copy', '--insecure-policy', `oci-archive:${busyboxArchive}`, `docker-archive:${path}:box:2`)
    const [found, ...others] = await openArchive(path, amd64, temporary)
    expect(others).toEqual([])
    expect(found?.names.map(({ familiar }) => familiar)).toEqual(['box:2'])
    const [layer] = found?.manifest.layers ?? []
    if (!found || !layer) throw new Error('no layer')
    expect(sha256(await collect(found.layer(layer)))).toBe(found.config.rootfs.diff_ids[0])
  })
})

describe('what is no image', () => {
  it('is named, with what else it could be', async () => {
    const path = writeTar(new Map([['etc/passwd', 'root']]))
    await expect(openArchive(path, amd64, temporary)).rejects.toThrow(
      expect.objectContaining({ code: 'TSB_ARCHIVE_KIND', hint: expect.stringContaining('tsbuild import') }),
    )
    await expect(open(`oci-layout://${path}`)).rejects.toThrow(code('TSB_ARCHIVE_KIND'))
    await expect(open(`oci-archive:${folder}`)).rejects.toThrow(code('TSB_ARCHIVE_KIND'))
    await expect(open(`oci-archive:${folder}/nothing`)).rejects.toThrow(code('TSB_ARCHIVE_NOT_FOUND'))
  })

  it('is a pipe to which nobody writes: it is not waited for', async () => {
    runProgram('mkfifo', join(folder, 'pipe'))
    await expect(open(`oci-archive:${folder}/pipe`)).rejects.toThrow(code('TSB_ARCHIVE_KIND'))
  })

  it('is refused when it is no tar at all', async () => {
    writeFileSync(join(folder, 'x.tar'), 'not a tar '.repeat(200))
    await expect(open(`oci-archive:${folder}/x.tar`)).rejects.toMatchObject({
      code: 'TSB_ARCHIVE_HEADER',
      message: `cannot read ${folder}/x.tar: it is not a tar archive`,
      hint: expect.stringContaining('is this the right file?'),
    })
  })

  it('is refused when it is cut short', async () => {
    const path = writeTar(layout([descriptorOf(image.manifest)]))
    writeFileSync(path, tar({ name: 'oci-layout', body: 'x'.repeat(5000) }).subarray(0, 2000))
    await expect(open(`oci-archive:${path}`)).rejects.toThrow(code('TSB_ARCHIVE_TRUNCATED'))
  })
})
