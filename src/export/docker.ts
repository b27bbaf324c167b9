import type { Image, Reference } from '../image/index.ts'
import { type Destination, writeTo } from './destination.ts'
import { blobName, indexJson, json, type LayoutFile, layoutHeader, withLayout } from './layout.ts'
import type { ExportPorts } from './pack.ts'
import { tarOfFiles } from './tar-of-files.ts'

/**
 * Writes an image as `docker load` takes it, of any version, with its names. It is an OCI layout too.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST, and those of fetching a layer
 */
export function exportDocker(
  image: Image,
  names: readonly Reference[],
  destination: Destination,
  ports: ExportPorts,
): Promise<void> {
  return withLayout(image, names, 'gzip', ports, (layout) => {
    const entry = {
      Config: blobName(image.id),
      RepoTags: names.filter(({ digest }) => digest === undefined).map(taggedName),
      Layers: layout.layers.map(({ digest }) => blobName(digest)),
    }
    const files = new Map<string, LayoutFile>([
      ...layout.blobs,
      ['index.json', { bytes: indexJson(layout.entries) }],
      ['manifest.json', { bytes: json([entry]) }],
      ['oci-layout', { bytes: layoutHeader }],
    ])
    return writeTo(destination, tarOfFiles(files), ports.signal)
  })
}

/** Docker wants names in their short form, always with a tag. */
function taggedName({ familiar, tag }: Reference): string {
  return tag === undefined ? `${familiar}:latest` : familiar
}
