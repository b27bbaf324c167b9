import { TsbuildError } from '../errors.ts'
import type { Layer } from '../image/index.ts'
import type { Tree } from '../tree/index.ts'
import type { LayerRecord, Layers } from './cache.ts'
import type { LayerWatch } from './layer-search.ts'
import { layerTree } from './layer-tree.ts'
import type { LayerWriter, WriterPorts } from './write-layer.ts'

/** @param writer what writes new layers: asked for with the first */
export function openLayers(ports: WriterPorts, writer: () => Promise<LayerWriter>, watch?: LayerWatch): Layers {
  const fromRecord = (record: LayerRecord) => layerOf(record, ports)
  return {
    fromChanges: async (changes, signal, older) =>
      fromRecord(await (await writer()).write(changes, signal, { older, watch })),
    async prepare(changes, signal) {
      const { digestOf, keep, drop } = await (await writer()).prepare(changes, signal, watch)
      return { digestOf, drop, keep: async () => fromRecord(await keep()) }
    },
    async fromUpper(directory, changes, signal) {
      const record = await (await writer()).write(changes, signal, { watch })
      await ports.files.adoptDirectory(record.diffId, directory)
      return fromRecord(record)
    },
    watching: (added) => openLayers(ports, writer, added),
    async search(layer, wanted) {
      return (await import('./search-layer.ts')).searchLayer(layer, wanted, ports.files)
    },
    fromRecord,
    fromOthers: (record) => checkedLayer(fromRecord(record), record, ports),
    fromDescriptor: (descriptor, diffId) => fromRecord({ descriptor, diffId, contentId: diffId }),
    async recordOf(layer) {
      const [diffId, content, descriptor] = [layer.diffId(), layer.contentId(), layer.descriptor()]
      return { diffId: await diffId, contentId: await content, descriptor: await descriptor }
    },
  }
}

/** A layer whose names are known. Its forms are made when they are asked for; its tree is then kept in memory. */
function layerOf(record: LayerRecord, { store, files }: WriterPorts): Layer {
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

/** A wrong content id would put what is made of this layer under the keys of another one. */
function checkedLayer(layer: Layer, record: LayerRecord, { files }: WriterPorts): Layer {
  let checked: Promise<void> | undefined
  const check = () => {
    checked ??= checkContent(record, files)
    return checked
  }
  const after =
    <A extends readonly unknown[], T>(form: (...asked: A) => Promise<T>) =>
    async (...asked: A) => {
      await check()
      return form(...asked)
    }
  return { ...layer, tree: after(layer.tree), directory: after(layer.directory), lower: after(layer.lower) }
}

async function checkContent(record: LayerRecord, files: WriterPorts['files']): Promise<void> {
  const { contentOfIndex } = await import('./layer-index.ts')
  const found = await contentOfIndex(await files.index(record))
  if (found === record.contentId) return
  const { diffId, contentId } = record
  throw new TsbuildError('TSB_CONTENT_MISMATCH', `layer ${diffId} holds ${found}, and its record says ${contentId}`, {
    hint: 'whoever wrote the cache described the layer wrongly; it is not used',
  })
}
