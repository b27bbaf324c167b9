import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Digest } from '../digest/index.ts'
import { removeTree, type Store, writing } from '../store/index.ts'
import { fileBytes, type OverlayMarks, unpackTar } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { exists, sizeOf } from './exists.ts'
import { formatLayerIndex, type LayerIndex, parseLayerIndex } from './layer-index.ts'
import { isPlainTar, type LayerPlaces, layerPlaces } from './layer-places.ts'
import { makeIndex } from './make-index.ts'
import { readingLayer } from './reading-layer.ts'
import { restoreBlob } from './restore-blob.ts'
import type { Shelf } from './shelf.ts'
import { openTurns } from './turns.ts'
import { diffIdMismatch, unpackLayer } from './unpack-layer.ts'

/** The forms of layers on disk. Each is made when it is first asked for, once for all processes, and kept. */
export interface LayerFiles {
  readonly places: LayerPlaces
  /** The uncompressed tar, checked when it was made. @throws {TsbuildError} TSB_DIFFID_MISMATCH, TSB_BLOB_… */
  plainTar(layer: LayerRecord): Promise<string>
  index(layer: LayerRecord): Promise<LayerIndex>
  putIndex(diffId: Digest, index: LayerIndex): Promise<void>
  directory(layer: LayerRecord): Promise<string>
  /** True when the blob is here, can be fetched, or can be made again from what is here. */
  isAvailable(layer: LayerRecord): Promise<boolean>
  /** Takes a directory that has the layer's files. */
  adoptDirectory(diffId: Digest, directory: string): Promise<void>
}

export interface LayerFilePorts {
  readonly store: Store
  readonly indexes: Shelf
  readonly overlayXattr: OverlayMarks
  readonly devices: 'make' | 'skip'
}

export function openLayerFiles({ store, indexes, overlayXattr, devices }: LayerFilePorts): LayerFiles {
  const places = layerPlaces(store.root, overlayXattr)
  const turns = openTurns(unpackedAtOnce)
  const putIndex = (diffId: Digest, index: LayerIndex) => indexes.put(diffId, formatLayerIndex(index))
  const findIndex = async (diffId: Digest) => parseLayerIndex((await indexes.get(diffId)) ?? '')
  /** The tar in its place, and the index when it was made with it. */
  const plain = async (layer: LayerRecord): Promise<{ readonly tar: string; readonly index?: LayerIndex }> => {
    if (isPlainTar(layer.descriptor)) return { tar: await plainBlob(store, layer) }
    const tar = places.tar(layer.diffId)
    let index: LayerIndex | undefined
    const unpack = async () => {
      const made = await unpackLayer(store, layer)
      await putIndex(layer.diffId, made.index)
      await publish(made.tar, tar)
      index = made.index
    }
    await once(store, tar, () => turns(unpack))
    return { tar, ...(index && { index }) }
  }
  return {
    places,
    plainTar: async (layer) => (await plain(layer)).tar,
    putIndex,
    async index(layer) {
      const known = await findIndex(layer.diffId)
      if (known) return known
      const { tar, index = await findIndex(layer.diffId) } = await plain(layer)
      if (index) return index
      const made = await readingLayer(layer, () => makeIndex(fileBytes(tar)))
      await putIndex(layer.diffId, made)
      return made
    },
    async directory(layer) {
      const path = places.directory(layer.diffId)
      await once(store, path, async () => {
        const { tar } = await plain(layer)
        await publish(await readingLayer(layer, () => unpacked(store, tar, { marks: overlayXattr, devices })), path)
      })
      return path
    },
    async isAvailable(layer) {
      if (await store.blobs.has(layer.descriptor.digest, layer.descriptor.size)) return true
      if (await store.blobs.origin(layer.descriptor.digest)) return true
      const index = await findIndex(layer.diffId)
      return index !== undefined && restoreBlob(store, layer, index, places.directory(layer.diffId))
    },
    async adoptDirectory(diffId, directory) {
      const path = places.directory(diffId)
      await once(store, path, () => publish(directory, path))
      await removeTree(directory)
    },
  }
}

/** Each takes a decoder of up to 128 MiB (zstd) and most of a core. */
const unpackedAtOnce = 3

interface UnpackForm {
  readonly marks: OverlayMarks
  readonly devices: 'make' | 'skip'
}

/** Makes something under its lock when it is not there. */
async function once(store: Store, path: string, make: () => Promise<void>): Promise<void> {
  if (await exists(path)) return
  await store.locked(`make ${path}`, async () => {
    if (!(await exists(path))) await make()
  })
}

/** Gives it its name when it is whole. The folder may have been deleted meanwhile, as all of the cache may. */
async function publish(made: string, path: string): Promise<void> {
  await writing(path, 0, async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rename(made, path)
  })
}

async function plainBlob(store: Store, { descriptor, diffId }: LayerRecord): Promise<string> {
  if (descriptor.digest !== diffId) throw diffIdMismatch(descriptor.digest, diffId, descriptor.digest)
  await store.blobs.obtain(descriptor)
  return store.blobs.path(descriptor.digest)
}

async function unpacked(store: Store, tar: string, form: UnpackForm): Promise<string> {
  const folder = join(await store.temporary('tree'), 'files')
  await writing(folder, (await sizeOf(tar)) ?? 0, async () => {
    await mkdir(folder, { mode: 0o755 })
    await unpackTar(fileBytes(tar), folder, form)
  })
  return folder
}
