import { gzipSync } from 'node:zlib'
import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import { blobOf, type Contents, descriptorOf, type FakeBlob } from './fake-image.ts'
import { type TestMember, tar } from './tar.ts'

/** An image with one layer for each instruction, as a registry has it under `app:TAG`; layers are compressed. */
export interface LayeredImage {
  readonly contents: Contents
  /** Paths that a registry is asked for when a layer is fetched, lowest first. */
  readonly layerPaths: readonly string[]
  readonly blobs: readonly FakeBlob[]
  readonly config: FakeBlob
  readonly manifest: FakeBlob
}

export type LayerMembers = readonly (string | TestMember)[]

export function layeredImage(
  tag: string,
  layers: Readonly<Record<string, LayerMembers>>,
  more: object = {},
): LayeredImage {
  const tars = Object.values(layers).map((members) => tar(...members))
  const blobs = tars.map((bytes) => blobOf(gzipSync(bytes), mediaTypes.layerGzip))
  const config = blobOf(
    {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: tars.map((bytes) => sha256(bytes)) },
      history: Object.keys(layers).map((created_by) => ({ created_by })),
      ...more,
    },
    mediaTypes.config,
  )
  const manifest = blobOf(
    { schemaVersion: 2, mediaType: mediaTypes.manifest, config: descriptorOf(config), layers: blobs.map(descriptorOf) },
    mediaTypes.manifest,
  )
  const path = (blob: FakeBlob) => `app/blobs/${sha256(blob.bytes)}`
  const contents = new Map([
    // What programs ask for first.
    ['', blobOf({}, 'application/json')],
    [`app/manifests/${tag}`, manifest],
    [`app/manifests/${sha256(manifest.bytes)}`, manifest],
    ...[...blobs, config].map((blob) => [path(blob), blob] as const),
  ])
  return { contents, blobs, config, manifest, layerPaths: blobs.map((blob) => `/v2/${path(blob)}`) }
}
