import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { copyFile, link } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** A layer in a file. */
export interface LayerFile {
  readonly file: string
  readonly diffId: string
  readonly descriptor: Descriptor
}

export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

interface Config {
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] }
  readonly history?: readonly object[]
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar'

/** An OCI layout of one image, as `tsbuild save` writes it. */
export interface Layout {
  readonly folder: string
  readonly manifestDigest: string
  readonly manifest: Manifest
}

export function readLayout(folder: string): Layout {
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: readonly Descriptor[] }
  const [first] = index.manifests
  if (index.manifests.length !== 1 || !first) throw new Error(`${folder}: not one image`)
  const manifest = JSON.parse(readFileSync(blobPath(folder, first.digest), 'utf8')) as Manifest
  return { folder, manifestDigest: first.digest, manifest }
}

export function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', digest.replace(':', '/'))
}

/** Writes an image of the layers of `base` and more on top. */
export async function writeLayout(folder: string, base: Layout, layers: readonly LayerFile[]): Promise<Layout> {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true })
  const below = JSON.parse(readFileSync(blobPath(base.folder, base.manifest.config.digest), 'utf8')) as Config
  const config = putJson(folder, base.manifest.config.mediaType, {
    ...below,
    rootfs: { type: 'layers', diff_ids: [...below.rootfs.diff_ids, ...layers.map((layer) => layer.diffId)] },
    ...(below.history && { history: [...below.history, ...layers.map(() => ({ created_by: 'bench' }))] }),
  })
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config,
    layers: [...base.manifest.layers, ...layers.map((layer) => layer.descriptor)],
  }
  for (const { digest } of base.manifest.layers) await copyFile(blobPath(base.folder, digest), blobPath(folder, digest))
  for (const { file, descriptor } of layers) await link(file, blobPath(folder, descriptor.digest))
  const named = putJson(folder, manifestType, manifest)
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }))
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return { folder, manifestDigest: named.digest, manifest }
}

/** A plain tar as a layer, or with `diffId` a compressed one. */
export async function layerOf(file: string, diffId?: string): Promise<LayerFile> {
  const digest = await digestOf(file)
  const mediaType = diffId === undefined ? layerType : `${layerType}+gzip`
  return { file, diffId: diffId ?? digest, descriptor: { mediaType, digest, size: statSync(file).size } }
}

export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return `sha256:${hash.digest('hex')}`
}

function putJson(folder: string, mediaType: string, value: object): Descriptor {
  const bytes = JSON.stringify(value)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  writeFileSync(blobPath(folder, digest), bytes)
  return { mediaType, digest, size: Buffer.byteLength(bytes) }
}
