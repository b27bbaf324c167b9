import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Layer, mediaTypes } from '../image/index.ts'
import { type Store, writeFresh } from '../store/index.ts'
import { type Change, contentId, layerTar, type Tree, tarOrder, type WrittenTar } from '../tree/index.ts'
import type { LayerRecord, Layers } from './cache.ts'
import type { StatDigests } from './file-digests.ts'
import type { LayerFiles } from './layer-files.ts'
import type { IndexedChange } from './layer-index.ts'
import { layerTree } from './layer-tree.ts'

export interface LayerPorts {
  readonly store: Store
  readonly files: LayerFiles
  readonly digests: StatDigests
}

export function openLayers(ports: LayerPorts): Layers {
  const fromRecord = (record: LayerRecord) => layerOf(record, ports)
  return {
    fromChanges: async (changes, signal) => fromRecord(await writeLayer(ports, changes, signal)),
    async fromUpper(directory, changes, signal) {
      const record = await writeLayer(ports, changes, signal)
      await ports.files.adoptDirectory(record.diffId, directory)
      return fromRecord(record)
    },
    fromRecord,
    fromDescriptor: (descriptor, diffId) => fromRecord({ descriptor, diffId, contentId: diffId }),
    async recordOf(layer) {
      const [diffId, content, descriptor] = [layer.diffId(), layer.contentId(), layer.descriptor()]
      return { diffId: await diffId, contentId: await content, descriptor: await descriptor }
    },
  }
}

/** A layer whose names are known. Its forms are made when they are asked for; its tree is then kept in memory. */
function layerOf(record: LayerRecord, { store, files }: LayerPorts): Layer {
  const trees = new Map<'whole' | 'part', Promise<Tree>>()
  return {
    contentId: async () => record.contentId,
    diffId: async () => record.diffId,
    descriptor: async () => record.descriptor,
    async *blob() {
      await store.blobs.obtain(record.descriptor)
      yield* store.blobs.stream(record.descriptor.digest)
    },
    async tree(use) {
      const kept = trees.has('whole') ? 'whole' : (use ?? 'whole')
      const tree = trees.get(kept) ?? layerTree(record, files, use)
      trees.set(kept, tree)
      try {
        return await tree
      } catch (error) {
        trees.delete(kept)
        throw error
      }
    },
    directory: () => files.directory(record),
    lower: () => files.lower(record),
  }
}

/** Writes the tar of some changes into the store, and what it says into the cache. */
async function writeLayer(ports: LayerPorts, changes: Iterable<Change>, signal: AbortSignal): Promise<LayerRecord> {
  const ordered = tarOrder(changes)
  const tar = layerTar(ordered)
  const path = await writeFresh(await ports.store.temporary('layer'), abortable(tar.bytes, signal))
  const written = tar.done()
  checkUnchanged(ordered, written, ports.digests)
  await ports.store.blobs.adopt(path, written.diffId)
  await ports.files.putIndex(written.diffId, { tarSize: written.size, changes: indexed(ordered, written) })
  return {
    diffId: written.diffId,
    contentId: await contentId(ordered, (file) => writtenFile(written, file.path).digest),
    descriptor: { mediaType: mediaTypes.layerTar, digest: written.diffId, size: written.size },
  }
}

async function* abortable(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const piece of bytes) {
    signal.throwIfAborted()
    yield piece
  }
}

/** The key of the step was made of the digests that were seen: other bytes must not be kept under it. */
function checkUnchanged(changes: readonly Change[], written: WrittenTar, digests: StatDigests): void {
  for (const change of changes) {
    if (change.kind !== 'file') continue
    const seen = change.digest ?? digests.seen(change)
    if (seen === undefined || seen === writtenFile(written, change.path).digest) continue
    throw new TsbuildError('TSB_FILE_CHANGED', `/${change.path} changed while it was copied`, {
      hint: 'nothing else may write to it while the build runs; try again',
    })
  }
}

function indexed(changes: readonly Change[], written: WrittenTar): readonly IndexedChange[] {
  return changes.map((change) => {
    if (change.kind !== 'file') return change
    const { content: _, ...file } = change
    const { digest, offset } = writtenFile(written, change.path)
    return { ...file, digest, data: offset }
  })
}

function writtenFile(written: WrittenTar, path: Change['path']): { readonly digest: Digest; readonly offset: number } {
  const file = written.files.get(path)
  if (!file) throw new Error(`${path} was not written`)
  return file
}
