import { readFile } from 'node:fs/promises'
import { hexOf, sha256 } from '../digest/index.ts'
import { erofsImage, NotIndexableError } from '../erofs/index.ts'
import { isSystemError } from '../errors.ts'
import { type Store, writeFresh } from '../store/index.ts'
import type { Change } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
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
export async function isWholeImage(path: string): Promise<boolean> {
  try {
    const bytes = await readFile(path)
    const [image, seal] = [bytes.subarray(0, -sealSize), bytes.subarray(-sealSize)]
    return hexOf(sha256(image)) === seal.toString('hex')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}

const sealSize = 32

function* changesOf({ changes }: LayerIndex): Iterable<Change> {
  for (const change of changes) yield changeOf(change, (_, offset) => ({ kind: 'host', path: '', offset }))
}
