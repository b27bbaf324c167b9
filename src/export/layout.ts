import { rm } from 'node:fs/promises'
import { type Digest, hexOf } from '../digest/index.ts'
import { type Descriptor, type Image, manifestOf, mediaTypes, type Reference } from '../image/index.ts'
import { type ExportPorts, type LayerCompression, type PackedBlob, packLayer } from './pack.ts'

/** The bytes of a file of a layout, or the file that holds them. */
export type LayoutFile = { readonly bytes: Uint8Array } | { readonly file: string; readonly size: number }

/** An image as an OCI layout has it. */
export interface Layout {
  /** Its entries in the index: one for each of its names, or one without a name. */
  readonly entries: readonly Descriptor[]
  /** Lowest first, as the manifest has them. */
  readonly layers: readonly Descriptor[]
  /** Config, manifest and layers, by their names in the layout. */
  readonly blobs: ReadonlyMap<string, LayoutFile>
}

/** Makes the layout of an image, lets `use` have it, and then removes what was compressed for it. */
export async function withLayout<T>(
  image: Image,
  names: readonly Reference[],
  compression: LayerCompression,
  ports: ExportPorts,
  use: (layout: Layout) => Promise<T>,
): Promise<T> {
  const folder = await ports.temporary('export')
  try {
    return await use(layoutOf(image, names, await packLayers(image, compression, folder, ports)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The name of a blob in a layout. */
export function blobName(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}

/** The file `oci-layout`. */
export const layoutHeader = json({ imageLayoutVersion: '1.0.0' })

/** The file `index.json`. */
export function indexJson(manifests: readonly Descriptor[]): Uint8Array {
  return json({ schemaVersion: 2, mediaType: mediaTypes.index, manifests })
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** A layer that occurs twice is packed once. */
async function packLayers(
  image: Image,
  compression: LayerCompression,
  folder: string,
  ports: ExportPorts,
): Promise<readonly PackedBlob[]> {
  const packed = new Map<Digest, PackedBlob>()
  const blobs: PackedBlob[] = []
  for (const layer of image.layers) {
    const diffId = await layer.diffId()
    const blob = packed.get(diffId) ?? (await packLayer(layer, compression, folder, ports))
    packed.set(diffId, blob)
    blobs.push(blob)
  }
  return blobs
}

function layoutOf(image: Image, names: readonly Reference[], packed: readonly PackedBlob[]): Layout {
  const layers = packed.map(({ descriptor }) => descriptor)
  const { descriptor, bytes } = manifestOf(image, layers)
  const entries = names.map((name) => ({ ...descriptor, annotations: annotationsFor(name) }))
  return {
    entries: entries.length > 0 ? entries : [descriptor],
    layers,
    blobs: new Map<string, LayoutFile>([
      [blobName(image.id), { bytes: image.configBytes }],
      [blobName(descriptor.digest), { bytes }],
      ...packed.map(({ descriptor: { digest, size }, file }) => [blobName(digest), { file, size }] as const),
    ]),
  }
}

/** The tag alone as the specification has it, the whole name as containerd and Docker look for it. */
function annotationsFor({ normal, tag = 'latest' }: Reference): Readonly<Record<string, string>> {
  return { 'io.containerd.image.name': normal, 'org.opencontainers.image.ref.name': tag }
}
