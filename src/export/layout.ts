import { rm } from 'node:fs/promises'
import { type Digest, hexOf } from '../digest/index.ts'
import {
  type Descriptor,
  type Image,
  type ImageOrSet,
  imagesOf,
  indexOf,
  isImageSet,
  manifestOf,
  mediaTypes,
  type Reference,
} from '../image/index.ts'
import { type ExportPorts, type LayerCompression, type PackedBlob, packLayer } from './pack.ts'

/** The bytes of a file of a layout, or the file that holds them. With a digest they have to be checked on their way out. */
export type LayoutFile =
  | { readonly bytes: Uint8Array }
  | { readonly file: string; readonly size: number; readonly digest?: Digest }

/** An image, or those of an index, and what it is called. */
export interface NamedImage {
  readonly image: ImageOrSet
  readonly names: readonly Reference[]
}

/** What has a name of its own, as an OCI layout has it. */
export interface LayoutImage extends NamedImage {
  /** Its entries in the index: one for each of its names, or one without a name. */
  readonly entries: readonly Descriptor[]
  /** Of the images, in their order. */
  readonly manifests: readonly LayoutManifest[]
}

/** An image for one platform. */
export interface LayoutManifest {
  readonly image: Image
  readonly descriptor: Descriptor
  /** Lowest first, as the manifest has them. */
  readonly layers: readonly Descriptor[]
}

export interface Layout {
  readonly images: readonly LayoutImage[]
  /** Config, manifest and layers of all of them, by their names in the layout. */
  readonly blobs: ReadonlyMap<string, LayoutFile>
}

/** Makes the layout of some images, lets `use` have it, and then removes what was compressed for it. */
export async function withLayout<T>(
  images: readonly NamedImage[],
  compression: LayerCompression,
  ports: ExportPorts,
  use: (layout: Layout) => Promise<T>,
): Promise<T> {
  const folder = await ports.temporary('export')
  const packed = new Map<Digest, PackedBlob>()
  const blobs = new Map<string, LayoutFile>()
  try {
    const done: LayoutImage[] = []
    for (const named of images) {
      const manifests: LayoutManifest[] = []
      for (const image of imagesOf(named.image)) {
        const layers = await packLayers(image, packed, compression, folder, ports)
        manifests.push(addImage(image, layers, blobs))
      }
      done.push(addNamed(named, manifests, blobs))
    }
    return await use({ images: done, blobs })
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

/** The entries of all images of a layout. */
export function entriesOf({ images }: Layout): readonly Descriptor[] {
  return images.flatMap(({ entries }) => entries)
}

export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** A layer that occurs twice, in one image or in two, is packed once. */
async function packLayers(
  image: Image,
  packed: Map<Digest, PackedBlob>,
  compression: LayerCompression,
  folder: string,
  ports: ExportPorts,
): Promise<readonly PackedBlob[]> {
  const layers: PackedBlob[] = []
  for (const layer of image.layers) {
    const { digest } = await layer.descriptor()
    const blob = packed.get(digest) ?? (await packLayer(layer, compression, folder, ports))
    packed.set(digest, blob)
    layers.push(blob)
  }
  return layers
}

function addImage(image: Image, packed: readonly PackedBlob[], blobs: Map<string, LayoutFile>): LayoutManifest {
  const layers = packed.map(({ descriptor }) => descriptor)
  const { descriptor, bytes } = manifestOf(image, layers)
  blobs.set(blobName(image.id), { bytes: image.configBytes })
  blobs.set(blobName(descriptor.digest), { bytes })
  for (const { descriptor: layer, file, checked } of packed) {
    const { digest, size } = layer
    blobs.set(blobName(digest), { file, size, ...(!checked && { digest }) })
  }
  return { image, descriptor, layers }
}

function addNamed(
  named: NamedImage,
  manifests: readonly LayoutManifest[],
  blobs: Map<string, LayoutFile>,
): LayoutImage {
  const descriptor = addIndex(named.image, manifests, blobs) ?? manifests[0]?.descriptor
  if (!descriptor) throw new Error('an index without images')
  const entries = named.names.map((name) => ({
    ...descriptor,
    annotations: { ...descriptor.annotations, ...annotationsFor(name) },
  }))
  return { ...named, manifests, entries: entries.length > 0 ? entries : [descriptor] }
}

function addIndex(
  image: ImageOrSet,
  manifests: readonly LayoutManifest[],
  blobs: Map<string, LayoutFile>,
): Descriptor | undefined {
  if (!isImageSet(image)) return undefined
  const { descriptor, bytes } = indexOf(
    image,
    manifests.map((manifest) => manifest.descriptor),
  )
  blobs.set(blobName(descriptor.digest), { bytes })
  return descriptor
}

/** The tag alone as the specification has it, the whole name as containerd and Docker look for it. */
function annotationsFor({ normal, tag = 'latest' }: Reference): Readonly<Record<string, string>> {
  return { 'io.containerd.image.name': normal, 'org.opencontainers.image.ref.name': tag }
}
