import type { Image } from '../image/index.ts'
import { overlay, tarOrder, walk, writeTar } from '../tree/index.ts'
import { type Destination, writeTo } from './destination.ts'

/**
 * Writes the files of an image as a tar, all layers laid over each other: owners, modes, times and extended attributes as
 * the image has them.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST, and those of reading a layer
 */
export async function exportTar(image: Image, destination: Destination, signal?: AbortSignal): Promise<void> {
  const layers = await Promise.all(image.layers.map((layer) => layer.tree()))
  await writeTo(destination, writeTar(tarOrder(walk(overlay(layers)))), signal)
}
