import type { Descriptor } from '../image/index.ts'
import { type Destination, writeTo } from './destination.ts'
import { writeFolder } from './folder.ts'
import { withFolder } from './folder-lock.ts'
import { entriesOf, indexJson, type LayoutFile, layoutHeader, type NamedImage, withLayout } from './layout.ts'
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
    writeTo(destination, tarOfFiles(filesOf(layout.blobs, entriesOf(layout))), ports.signal),
  )
}

/**
 * Writes images as an OCI layout in a directory, which is made when it is not there. To a layout that is there already
 * they are added, one after the other where several processes do; its index comes last, so that it never names what is not whole.
 * @throws {TsbuildError} TSB_EXPORT_REFUSED for a directory with other things in it; TSB_EXPORT_LINK for a link in the
 *   way; TSB_DISK_FULL, TSB_EXPORT_WRITE, and those of fetching a layer
 */
export function exportOciFolder(
  images: readonly NamedImage[],
  folder: string,
  ports: ExportPorts,
  compression: LayerCompression = 'gzip',
): Promise<void> {
  return withLayout(images, compression, ports, (layout) =>
    writeLayout('folder', folder, layout.blobs, entriesOf(layout), ports.signal),
  )
}

/**
 * Writes what is ready to leave as a layout: into a directory, or as a tar at a path.
 * @param form `own-folder`: the caller has the directory, as `withFolder` gives it
 * @param entries of the index
 * @throws {TsbuildError} those of `exportOci` and `exportOciFolder`
 */
export function writeLayout(
  form: 'folder' | 'own-folder' | 'archive',
  place: string,
  blobs: ReadonlyMap<string, LayoutFile>,
  entries: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const toFolder = () => writeFolder(place, blobs, entries, signal)
  if (form === 'own-folder') return toFolder()
  if (form === 'folder') return withFolder(place, signal, toFolder)
  return writeTo({ kind: 'file', path: place }, tarOfFiles(filesOf(blobs, entries)), signal)
}

function filesOf(
  blobs: ReadonlyMap<string, LayoutFile>,
  entries: readonly Descriptor[],
): ReadonlyMap<string, LayoutFile> {
  return new Map<string, LayoutFile>([
    ...blobs,
    ['index.json', { bytes: indexJson(entries) }],
    ['oci-layout', { bytes: layoutHeader }],
  ])
}
