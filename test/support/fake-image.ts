import { sha256 } from '../../src/digest/index.ts'
import { mediaTypes } from '../../src/image/index.ts'
import type { Handler } from './http-server.ts'

/** A document as a registry has it. */
export interface FakeBlob {
  readonly bytes: Buffer
  readonly type: string
}

/** An image of one layer; one that is no tar is for tests that never unpack. */
export interface FakeImage {
  readonly layer: FakeBlob
  readonly config: FakeBlob
  readonly manifest: FakeBlob
}

export const blobOf = (value: unknown, type: string): FakeBlob => ({
  bytes: Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)),
  type,
})

export const descriptorOf = ({ bytes, type }: FakeBlob) => ({
  mediaType: type,
  digest: sha256(bytes),
  size: bytes.length,
})

export function fakeImage(
  more: { readonly layer?: FakeBlob; readonly config?: object; readonly manifest?: object } = {},
): FakeImage {
  const layer = more.layer ?? blobOf(Buffer.alloc(200_000, 'layer'), mediaTypes.layerTar)
  const config = blobOf(
    {
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [sha256(layer.bytes)] },
      history: [{ created_by: 'ADD x' }],
      ...more.config,
    },
    mediaTypes.config,
  )
  const manifest = blobOf(
    { schemaVersion: 2, config: descriptorOf(config), layers: [descriptorOf(layer)], ...more.manifest },
    mediaTypes.manifest,
  )
  return { layer, config, manifest }
}

/** What a registry holds, by the path below `/v2/`: `app/manifests/1`. */
export type Contents = ReadonlyMap<string, FakeBlob>

/** An image under a tag, and all it consists of by digest. */
export function contentsOf(repository: string, tag: string, image: FakeImage): Contents {
  const { layer, config, manifest } = image
  return new Map([
    [`${repository}/manifests/${tag}`, manifest],
    [`${repository}/manifests/${sha256(manifest.bytes)}`, manifest],
    ...[layer, config].map((blob) => [`${repository}/blobs/${sha256(blob.bytes)}`, blob] as const),
  ])
}

/** A registry that behaves. */
export function serve(contents: Contents): Handler {
  return (request, response) => {
    const found = contents.get((request.url ?? '').replace(/^\/v2\//, ''))
    if (!found) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length }).end(found.bytes)
  }
}
