import { createReadStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { LowerForm } from '../image/index.ts'
import { removeTree, type Store, writeFresh, writing } from '../store/index.ts'
import { decompress, type OverlayMarks, unpackTar } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import { exists, sizeOf } from './exists.ts'
import { formatLayerIndex, type LayerIndex, parseLayerIndex } from './layer-index.ts'
import { isPlainTar, type LayerPlaces, layerPlaces } from './layer-places.ts'
import { makeIndex } from './make-index.ts'
import { readingLayer } from './reading-layer.ts'
import { restoreBlob } from './restore-blob.ts'
import type { Shelf } from './shelf.ts'

/** The forms of layers on disk. Each is made when it is first asked for, once for all processes, and kept. */
export interface LayerFiles {
  readonly places: LayerPlaces
  /** The uncompressed tar, checked when it was made. @throws {TsbuildError} TSB_DIFFID_MISMATCH, TSB_BLOB_… */
  plainTar(layer: LayerRecord): Promise<string>
  index(layer: LayerRecord): Promise<LayerIndex>
  putIndex(diffId: Digest, index: LayerIndex): Promise<void>
  directory(layer: LayerRecord): Promise<string>
  lower(layer: LayerRecord): Promise<LowerForm>
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
  const plainTar = async (layer: LayerRecord) => {
    if (isPlainTar(layer.descriptor)) return plainBlob(store, layer)
    const path = places.tar(layer.diffId)
    await once(store, path, async () => publish(await readingLayer(layer, () => unpackedTar(store, layer)), path))
    return path
  }
  const putIndex = (diffId: Digest, index: LayerIndex) => indexes.put(diffId, formatLayerIndex(index))
  const image = async (layer: LayerRecord): Promise<string | undefined> => {
    // Only for steps that run something.
    const { isWholeImage, writeImage } = await import('./layer-image.ts')
    const path = places.image(layer.diffId)
    if (await isWholeImage(path)) return path
    return store.locked(`make ${path}`, async () => {
      if (await isWholeImage(path)) return path
      const made = await writeImage(store, layer, await files.index(layer), devices)
      if (made !== undefined) await publish(made, path)
      return made && path
    })
  }
  const files: LayerFiles = {
    places,
    plainTar,
    putIndex,
    async index(layer) {
      const known = parseLayerIndex((await indexes.get(layer.diffId)) ?? '')
      if (known) return known
      const tar = await plainTar(layer)
      const made = await readingLayer(layer, () => makeIndex(tar))
      await putIndex(layer.diffId, made)
      return made
    },
    async directory(layer) {
      const path = places.directory(layer.diffId)
      await once(store, path, async () => {
        const tar = await plainTar(layer)
        await publish(await readingLayer(layer, () => unpacked(store, tar, { marks: overlayXattr, devices })), path)
      })
      return path
    },
    async lower(layer) {
      const directory = places.directory(layer.diffId)
      if (await exists(directory)) return { kind: 'directory', path: directory }
      const made = await image(layer)
      if (made !== undefined) return { kind: 'image', image: made, tar: await plainTar(layer) }
      return { kind: 'directory', path: await files.directory(layer) }
    },
    async isAvailable(layer) {
      if (await store.blobs.has(layer.descriptor.digest, layer.descriptor.size)) return true
      if (await store.blobs.origin(layer.descriptor.digest)) return true
      const index = parseLayerIndex((await indexes.get(layer.diffId)) ?? '')
      return index !== undefined && restoreBlob(store, layer, index, places.directory(layer.diffId))
    },
    async adoptDirectory(diffId, directory) {
      const path = places.directory(diffId)
      await once(store, path, () => publish(directory, path))
      await removeTree(directory)
    },
  }
  return files
}

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

async function unpackedTar(store: Store, { descriptor, diffId }: LayerRecord): Promise<string> {
  await store.blobs.obtain(descriptor)
  const hasher = sha256Hasher()
  async function* hashed(): AsyncIterable<Uint8Array> {
    for await (const piece of decompress(store.blobs.stream(descriptor.digest))) {
      hasher.update(piece)
      yield piece
    }
  }
  const path = await writeFresh(await store.temporary('tar'), hashed())
  const found = hasher.digest()
  if (found === diffId) return path
  await rm(path)
  throw diffIdMismatch(descriptor.digest, diffId, found)
}

async function unpacked(store: Store, tar: string, form: UnpackForm): Promise<string> {
  const folder = join(await store.temporary('tree'), 'files')
  await writing(folder, (await sizeOf(tar)) ?? 0, async () => {
    await mkdir(folder, { mode: 0o755 })
    await unpackTar(createReadStream(tar, { highWaterMark: 1 << 20 }), folder, form)
  })
  return folder
}

function diffIdMismatch(blob: Digest, expected: Digest, found: Digest): TsbuildError {
  return new TsbuildError('TSB_DIFFID_MISMATCH', `layer ${blob} unpacks to ${found}, its image says ${expected}`, {
    hint: 'the image is damaged, or its maker is not to be trusted: get it again, with --pull=always from a registry',
  })
}
