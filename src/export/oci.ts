import { type Destination, writeTo } from './destination.ts'
import { writeFolder } from './folder.ts'
import {
  entriesOf,
  indexJson,
  type Layout,
  type LayoutFile,
  layoutHeader,
  type NamedImage,
  withLayout,
} from './layout.ts'
import type { ExportPorts, LayerCompression } from './pack.ts'
import { tarOfFiles } from './tar-of-files.ts'

/**
 * Writes images as an OCI layout in a tar. Equal images give equal bytes.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST, and those of fetching a layer
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function exportOci(
  images: readonly NamedImage[],
  destination: Destination,
  ports: ExportPorts,
  compression: LayerCompression = 'gzip',
): Promise<void> {
  return withLayout(images, compression, ports, (layout) =>
    writeTo(destination, tarOfFiles(filesOf(layout)), ports.signal),
  )
}

/**
 * Writes images as an OCI layout in a directory, which is made when it is not there. To a layout that is there already
 * they are added; its index comes last, so that it never names what is not whole.
 * @throws {TsbuildError} TSB_EXPORT_REFUSED for a directory with other things in it; TSB_EXPORT_LINK for a link in the
 *   way; TSB_DISK_FULL, TSB_EXPORT_WRITE, and those of fetching a layer
 */
export function exportOciFolder(
  images: readonly NamedImage[],
  folder: string,
  ports: ExportPorts,
  compression: LayerCompression = 'gzip',
): Promise<void> {
  return withLayout(images, compression, ports, (layout) => writeFolder(folder, layout, ports.signal))
}

function filesOf(layout: Layout): ReadonlyMap<string, LayoutFile> {
  return new Map<string, LayoutFile>([
    ...layout.blobs,
    ['index.json', { bytes: indexJson(entriesOf(layout)) }],
    ['oci-layout', { bytes: layoutHeader }],
  ])
}
