import { fstatSync } from 'node:fs'
import { hexOf, sha256 } from '../digest/index.ts'
import { erofsImage, NotIndexableError } from '../erofs/index.ts'
import { type Store, writeFresh } from '../store/index.ts'
import type { Change } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { digestOfStart } from './digest-of-start.ts'
import { readAt, withFile } from './index-file/blocks.ts'
import { changeOf, type LayerIndex } from './layer-index.ts'

/**
 * Writes the EROFS image that indexes the tar of a layer, with its sha256 behind it, which readers of the image pass over:
 * the kernel would show a damaged one as damaged files.
 * @returns where it is; undefined for a layer that the format cannot hold
 */
export async function writeImage(
  store: Store,
  layer: LayerRecord,
  index: LayerIndex,
  devices: 'make' | 'skip',
): Promise<string | undefined> {
  const bytes = tryImage(layer, index, devices)
  if (!bytes) return undefined
  return writeFresh(await store.temporary('erofs'), sealed(bytes))
}

async function* sealed(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
  yield Buffer.from(hexOf(sha256(bytes)), 'hex')
}

function tryImage({ diffId }: LayerRecord, index: LayerIndex, devices: 'make' | 'skip'): Uint8Array | undefined {
  try {
    return erofsImage(changesOf(index), { name: hexOf(diffId), size: index.tarSize }, devices)
  } catch (error) {
    if (error instanceof NotIndexableError) return undefined
    throw error
  }
}

/** True when an image is there and is as it was written. */
export function isWholeImage(path: string): boolean {
  const isWhole = withFile(path, (fd) => {
    const length = Math.max(0, fstatSync(fd).size - sealSize)
    return hexOf(digestOfStart(fd, length)) === readAt(fd, length, sealSize).toString('hex')
  })
  return isWhole ?? false
}

const sealSize = 32

function* changesOf({ changes }: LayerIndex): Iterable<Change> {
  for (const change of changes) yield changeOf(change, (_, offset) => ({ kind: 'host', path: '', offset }))
}
