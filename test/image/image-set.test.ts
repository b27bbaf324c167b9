import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/digest/index.ts'
import {
  type Annotation,
  type Image,
  type ImageConfig,
  indexAnnotationsOf,
  indexOf,
  mediaTypes,
  parseIndex,
  runsOn,
} from '../../src/image/index.ts'

const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64', variant: 'v8' },
  { os: 'linux', architecture: 'arm' },
]
const images = platforms.map((platform): Image => {
  const config: ImageConfig = { ...platform, rootfs: { type: 'layers', diff_ids: [] } }
  return { config, configBytes: new Uint8Array(), id: sha256(new Uint8Array()), layers: [] }
})
const manifest = (i: number, annotations?: Readonly<Record<string, string>>) => ({
  mediaType: mediaTypes.manifest,
  digest: sha256(Buffer.from(String(i))),
  size: i,
  ...(annotations && { annotations }),
})

describe('indexOf', () => {
  test('names each manifest with its platform in one spelling, in their order', async () => {
    const { bytes, descriptor } = indexOf(
      { images },
      platforms.map((_, i) => manifest(i)),
    )
    const index = await parseIndex(bytes)
    expect(descriptor).toEqual({ mediaType: mediaTypes.index, digest: sha256(bytes), size: bytes.length })
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ])
    expect(Object.keys(index)).toEqual(['schemaVersion', 'mediaType', 'manifests'])
  })

  test('has annotations in itself, in what names its manifests, and in what names it', () => {
    const annotations = { index: { i: '1' }, descriptor: { d: '2' } }
    const { bytes, descriptor } = indexOf({ images, annotations }, [manifest(0, { m: '3' })])
    const index = JSON.parse(new TextDecoder().decode(bytes))
    expect([index.annotations, index.manifests[0].annotations, descriptor.annotations]).toEqual([
      { i: '1' },
      { m: '3' },
      { d: '2' },
    ])
  })
})

describe('indexAnnotationsOf', () => {
  const asked: readonly Annotation[] = [
    { on: 'index', name: 'b', value: 'of the index' },
    { on: 'index-descriptor', name: 'c', value: 'of its descriptor' },
    { on: 'manifest', name: 'm', value: 'of all' },
    { on: 'manifest', platform: 'linux/arm64', name: 'm', value: 'of arm64' },
    { on: 'manifest-descriptor', platform: 'linux/amd64', name: 'd', value: 'of amd64' },
  ]

  test('gives each place what is for it; what is for a platform is stronger', () => {
    const { index, descriptor, images: each } = indexAnnotationsOf(asked, platforms)
    expect([index, descriptor]).toEqual([{ b: 'of the index' }, { c: 'of its descriptor' }])
    expect(each).toEqual([
      { manifest: { m: 'of all' }, descriptor: { d: 'of amd64' } },
      { manifest: { m: 'of arm64' }, descriptor: {} },
      { manifest: { m: 'of all' }, descriptor: {} },
    ])
  })

  test('refuses one for a platform that is not built', () => {
    const other: Annotation = { on: 'manifest', platform: 'linux/s390x', name: 'a', value: 'b' }
    expect(() => indexAnnotationsOf([other], platforms)).toThrow(
      expect.objectContaining({ code: 'TSB_ANNOTATION_PLATFORM', hint: expect.stringContaining('linux/arm64') }),
    )
  })
})

test('a machine runs programs of its architecture and of the older one beside it', () => {
  const at = (architecture: string, variant?: string, os = 'linux') => ({
    os,
    architecture,
    ...(variant && { variant }),
  })
  expect(runsOn(at('amd64', 'v3'), at('amd64'))).toBe(true)
  expect(runsOn(at('i386'), at('x86_64'))).toBe(true)
  expect(runsOn(at('arm', 'v7'), at('arm64'))).toBe(true)
  expect(runsOn(at('arm64'), at('arm', 'v7'))).toBe(false)
  expect(runsOn(at('amd64'), at('arm64'))).toBe(false)
  expect(runsOn(at('amd64', undefined, 'windows'), at('amd64'))).toBe(false)
})
