import type { Image, Reference } from '../image/index.ts'
import { type Destination, writeTo } from './destination.ts'
import {
  blobName,
  entriesOf,
  indexJson,
  json,
  type LayoutFile,
  type LayoutImage,
  layoutHeader,
  withLayout,
} from './layout.ts'
import type { ExportPorts } from './pack.ts'
import { tarOfFiles } from './tar-of-files.ts'

/** What a docker archive can hold: no index. */
export interface DockerImage {
  readonly image: Image
  readonly names: readonly Reference[]
}

/**
 * Writes images as `docker load` takes them, of any version, with their names. It is an OCI layout too.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST, and those of fetching a layer
 */
export function exportDocker(
  images: readonly DockerImage[],
  destination: Destination,
  ports: ExportPorts,
): Promise<void> {
  return withLayout(images, 'gzip', ports, (layout) => {
    const files = new Map<string, LayoutFile>([
      ...layout.blobs,
      ['index.json', { bytes: indexJson(entriesOf(layout)) }],
      ['manifest.json', { bytes: json(layout.images.flatMap(dockerEntries)) }],
      ['oci-layout', { bytes: layoutHeader }],
    ])
    return writeTo(destination, tarOfFiles(files), ports.signal)
  })
}

function dockerEntries({ names, manifests }: LayoutImage) {
  return manifests.map(({ image, layers }) => ({
    Config: blobName(image.id),
    RepoTags: names.filter(({ digest }) => digest === undefined).map(taggedName),
    Layers: layers.map(({ digest }) => blobName(digest)),
  }))
}

/** Docker wants names in their short form, always with a tag. */
function taggedName({ familiar, tag }: Reference): string {
  return tag === undefined ? `${familiar}:latest` : familiar
}
