import type { Image, Reference } from '../image/index.ts'
import { type Destination, writeTo } from './destination.ts'
import { writeFolder } from './folder.ts'
import { indexJson, type Layout, type LayoutFile, layoutHeader, withLayout } from './layout.ts'
import type { ExportPorts, LayerCompression } from './pack.ts'
import { tarOfFiles } from './tar-of-files.ts'

/**
 * Writes an image as an OCI layout in a tar. Equal images give equal bytes.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST, and those of fetching a layer
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export function exportOci(
  image: Image,
  names: readonly Reference[],
  destination: Destination,
  ports: ExportPorts,
  compression: LayerCompression = 'gzip',
): Promise<void> {
  return withLayout(image, names, compression, ports, (layout) =>
    writeTo(destination, tarOfFiles(filesOf(layout)), ports.signal),
  )
}

/**
 * Writes an image as an OCI layout in a directory, which is made when it is not there. To a layout that is there already
 * the image is added; its index comes last, so that it never names what is not whole.
 * @throws {TsbuildError} TSB_EXPORT_REFUSED for a directory with other things in it; TSB_EXPORT_LINK for a link in the
 *   way; TSB_DISK_FULL, TSB_EXPORT_WRITE, and those of fetching a layer
 */
export function exportOciFolder(
  image: Image,
  names: readonly Reference[],
  folder: string,
  ports: ExportPorts,
  compression: LayerCompression = 'gzip',
): Promise<void> {
  return withLayout(image, names, compression, ports, (layout) => writeFolder(folder, layout, ports.signal))
}

function filesOf(layout: Layout): ReadonlyMap<string, LayoutFile> {
  return new Map<string, LayoutFile>([
    ...layout.blobs,
    ['index.json', { bytes: indexJson(layout.entries) }],
    ['oci-layout', { bytes: layoutHeader }],
  ])
}
