import { dirname } from 'node:path'
import type { Digest } from '../digest/index.ts'
import type { LowerForm } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import { makeFolder } from '../make-folder.ts'
import { removeTree, renameOver, type Store, writing } from '../store/index.ts'
import { archiveLimits, type OverlayMarks } from '../tree/index.ts'
import { openTurns } from '../turns.ts'
import type { LayerRecord } from './cache.ts'
import { diffIdMismatch } from './diff-id-mismatch.ts'
import { isDirectory } from './exists.ts'
import type { IndexShelf, StoredIndex } from './index-shelf.ts'
import type { Intact } from './intact.ts'
import { layerChecks } from './layer-checks.ts'
import type { LayerIndex } from './layer-index.ts'
import { isPlainTar, type LayerPlaces, layerPlaces } from './layer-places.ts'
import { readingLayer } from './reading-layer.ts'

/** The forms of layers on disk. Each is made when it is first asked for, once for all processes, and kept. */
export interface LayerFiles {
  readonly places: LayerPlaces
  /**
   * The uncompressed tar: whoever touched it since it was right has it read once more, and made again where it is not.
   * @throws {TsbuildError} TSB_DIFFID_MISMATCH, TSB_BLOB_…, TSB_DIGEST_MISMATCH
   */
  plainTar(layer: LayerRecord): Promise<string>
  /**
   * What the layer says. All of the file was looked through, so that nothing of it is damaged when its changes are read;
   * with `part` only its header: each lookup in its tree reads and checks what it needs.
   */
  index(layer: LayerRecord, use?: 'part'): Promise<LayerIndex & Partial<StoredIndex>>
  /** As `index`, in memory: from the tar, in place of what is kept. */
  remakeIndex(layer: LayerRecord): Promise<LayerIndex>
  putIndex(diffId: Digest, index: LayerIndex): Promise<void>
  /** Takes the tar of a new layer into the store. */
  adoptTar(path: string, diffId: Digest): Promise<void>
  directory(layer: LayerRecord): Promise<string>
  /** True for a directory that is there and has the layer's files. */
  hasDirectory(layer: LayerRecord): Promise<boolean>
  lower(layer: LayerRecord): Promise<LowerForm>
  /** True when the blob is here, can be fetched, or can be made again from what is here. */
  isAvailable(layer: LayerRecord): Promise<boolean>
  /** Takes a directory that has the layer's files. */
  adoptDirectory(diffId: Digest, directory: string): Promise<void>
}

export interface LayerFilePorts {
  readonly store: Store
  readonly indexes: IndexShelf
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly intact: Intact
  readonly overlayXattr: OverlayMarks
  readonly devices: 'make' | 'skip'
  readonly limits: Limits
}

/** What makes forms is loaded with the first that has to be made. */
const making = () => import('./layer-forms.ts')

export function openLayerFiles(ports: LayerFilePorts): LayerFiles {
  const { store, indexes, intact, now, overlayXattr, devices, limits } = ports
  const places = layerPlaces(store.root, overlayXattr)
  const turns = openTurns(unpackedAtOnce)
  const checks = layerChecks(indexes, intact, overlayXattr)
  const unpackTo = (layer: LayerRecord, path: string) =>
    turns(async () => {
      const { tar, index } = await (await making()).unpackLayer(store, layer, limits)
      await indexes.put(layer.diffId, index)
      await publish(tar, path)
      await intact.note(path)
    })
  const plainTar = async (layer: LayerRecord): Promise<string> => {
    indexes.use(layer.diffId, now())
    if (isPlainTar(layer.descriptor)) {
      const blob = await plainBlob(store, layer)
      await checks.blob(blob)
      return blob
    }
    const path = places.tar(layer.diffId)
    await once(
      store,
      path,
      () => checks.tar(path),
      () => unpackTo(layer, path),
    )
    return path
  }
  const indexTurns = openTurns(indexedAtOnce)
  const known = (layer: LayerRecord, use?: 'part') => {
    const index = indexes.open(layer.diffId)
    return use === 'part' || index?.isWhole() ? index : undefined
  }
  const remakeIndex = async (layer: LayerRecord) => {
    const tar = await plainTar(layer)
    return indexTurns(async () => {
      const made = await readingLayer(layer, async () => (await making()).indexOf(tar, archiveLimits(limits)))
      await indexes.put(layer.diffId, made)
      return made
    })
  }
  const image = async (layer: LayerRecord): Promise<string | undefined> => {
    const path = places.image(layer.diffId)
    const { isWholeImage, writeImage } = await making()
    if (isWholeImage(path)) return path
    return store.locked(`make ${path}`, async () => {
      if (isWholeImage(path)) return path
      const made = await writeImage(store, layer, await files.index(layer), devices)
      if (made !== undefined) await publish(made, path)
      return made && path
    })
  }
  const files: LayerFiles = {
    places,
    plainTar,
    remakeIndex,
    putIndex: indexes.put,
    async adoptTar(path, diffId) {
      let isKept = false
      await store.blobs.adopt(path, diffId, async (found) => {
        isKept = await checks.tar(found)
        return isKept
      })
      if (!isKept) await intact.note(store.blobs.path(diffId))
    },
    async index(layer, use) {
      const found = known(layer, use)
      if (found) return found
      // Unpacking a compressed layer makes its index on the way.
      await plainTar(layer)
      const unpackedNow = isPlainTar(layer.descriptor) ? undefined : known(layer, use)
      if (unpackedNow) return unpackedNow
      const made = await remakeIndex(layer)
      return (use === 'part' && indexes.open(layer.diffId)) || made
    },
    hasDirectory: (layer) => checks.directory(places.directory(layer.diffId), layer),
    async directory(layer) {
      indexes.use(layer.diffId, now())
      const path = places.directory(layer.diffId)
      const isThere = () => checks.directory(path, layer)
      await once(store, path, isThere, async () => {
        const tar = await plainTar(layer)
        const form = { marks: overlayXattr, devices, limits: archiveLimits(limits) }
        const unpack = async () => (await making()).unpackedTree(store, tar, form)
        await publish(await readingLayer(layer, unpack), path)
        await intact.note(path)
      })
      return path
    },
    async lower(layer) {
      indexes.use(layer.diffId, now())
      const directory = places.directory(layer.diffId)
      if (isDirectory(directory)) return { kind: 'directory', path: await files.directory(layer) }
      const made = await image(layer)
      if (made !== undefined) return { kind: 'image', image: made, tar: await plainTar(layer) }
      return { kind: 'directory', path: await files.directory(layer) }
    },
    async isAvailable(layer) {
      if (await store.blobs.has(layer.descriptor.digest, layer.descriptor.size)) return true
      if (await store.blobs.origin(layer.descriptor.digest)) return true
      const index = known(layer)
      if (!index) return false
      return (await making()).restoreBlob(store, layer, index, places.directory(layer.diffId))
    },
    async adoptDirectory(diffId, directory) {
      const path = places.directory(diffId)
      await once(
        store,
        path,
        async () => isDirectory(path),
        async () => {
          await publish(directory, path)
          await intact.note(path)
        },
      )
      await removeTree(directory)
    },
  }
  return files
}

/** It is work of one thread, and holds all that a layer says in memory. */
const indexedAtOnce = 1
/** Each takes a decoder of up to 128 MiB (zstd) and most of a core. */
const unpackedAtOnce = 3

/** Makes something under its lock when it is not there. */
async function once(
  store: Store,
  path: string,
  isThere: () => Promise<boolean>,
  make: () => Promise<void>,
): Promise<void> {
  if (await isThere()) return
  await store.locked(`make ${path}`, async () => {
    if (!(await isThere())) await make()
  })
}

/** Gives it its name when it is whole. The folder may have been deleted meanwhile, as all of the cache may. */
async function publish(made: string, path: string): Promise<void> {
  await writing(path, 0, async () => {
    makeFolder(dirname(path), 0o700)
    await renameOver(made, path)
  })
}

async function plainBlob(store: Store, { descriptor, diffId }: LayerRecord): Promise<string> {
  if (descriptor.digest !== diffId) throw diffIdMismatch(descriptor.digest, diffId, descriptor.digest)
  await store.blobs.obtain(descriptor)
  return store.blobs.path(descriptor.digest)
}
