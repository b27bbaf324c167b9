import { rm } from 'node:fs/promises'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Layer, mediaTypes } from '../image/index.ts'
import { type Store, withFreshFile } from '../store/index.ts'
import {
  type Change,
  contentId,
  type FileEntry,
  type FillThread,
  type Tree,
  tarOrder,
  type WrittenFile,
  type WrittenTar,
  writeTarFile,
} from '../tree/index.ts'
import type { LayerRecord, Layers, PreparedLayer } from './cache.ts'
import type { StatDigests } from './file-digests.ts'
import type { LayerFiles } from './layer-files.ts'
import type { IndexedChange } from './layer-index.ts'
import { layerTree } from './layer-tree.ts'

export interface LayerPorts {
  readonly store: Store
  readonly files: LayerFiles
  readonly digests: StatDigests
  readonly thread: FillThread
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export function openLayers(ports: LayerPorts): Layers {
  const fromRecord = (record: LayerRecord) => layerOf(record, ports)
  return {
    fromChanges: async (changes, signal) => fromRecord(await writeLayer(ports, changes, signal)),
    prepare: (changes, signal) => prepareLayer(ports, changes, signal, fromRecord),
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
  let tree: Promise<Tree> | undefined
  return {
    contentId: async () => record.contentId,
    diffId: async () => record.diffId,
    descriptor: async () => record.descriptor,
    async *blob() {
      await store.blobs.obtain(record.descriptor)
      yield* store.blobs.stream(record.descriptor.digest)
    },
    async tree() {
      tree ??= layerTree(record, files)
      try {
        return await tree
      } catch (error) {
        tree = undefined
        throw error
      }
    },
    directory: () => files.directory(record),
  }
}

/** Writes the tar of some changes into the store, and what it says into the cache. */
async function writeLayer(ports: LayerPorts, changes: Iterable<Change>, signal: AbortSignal): Promise<LayerRecord> {
  const made = await writeAside(ports, changes, signal)
  checkUnchanged(made, (file) => file.digest ?? ports.digests.seen(file))
  return adopt(ports, made)
}

async function prepareLayer(
  ports: LayerPorts,
  changes: Iterable<Change>,
  signal: AbortSignal,
  fromRecord: (record: LayerRecord) => Layer,
): Promise<PreparedLayer> {
  const { digests, now } = ports
  const started = now()
  const made = await writeAside(ports, changes, signal)
  checkUnchanged(made, (file) => file.digest)
  const read = new Map<FileEntry['content'], Digest>()
  for (const [file, { digest }] of made.written.files) read.set(file.content, digest)
  await digests.note(
    Array.from(made.written.files, ([file, { digest }]) => [file, digest] as const),
    started,
  )
  return {
    digestOf: (file) => read.get(file.content),
    keep: async () => fromRecord(await adopt(ports, made)),
    drop: () => rm(made.path, { force: true }),
  }
}

/** The tar of a layer that is not in the store yet. */
interface LayerAside {
  readonly path: string
  readonly ordered: readonly Change[]
  readonly written: WrittenTar
}

async function writeAside(
  { store, thread }: LayerPorts,
  changes: Iterable<Change>,
  signal: AbortSignal,
): Promise<LayerAside> {
  const ordered = tarOrder(changes)
  const folder = await store.temporary('layer')
  const { path, result } = await withFreshFile(folder, (file) => writeTarFile(ordered, file, { signal, thread }))
  return { path, ordered, written: result }
}

async function adopt({ store, files }: LayerPorts, { path, ordered, written }: LayerAside): Promise<LayerRecord> {
  const { diffId, size } = written
  await store.blobs.adopt(path, diffId)
  await files.putIndex(diffId, { tarSize: size, changes: indexed(ordered, written) })
  return {
    diffId,
    contentId: await contentId(ordered, (file) => writtenFile(written, file).digest),
    descriptor: { mediaType: mediaTypes.layerTar, digest: diffId, size },
  }
}

/** The key of the step was made of the digests that were seen: other bytes must not be kept under it. */
function checkUnchanged({ written }: LayerAside, seen: (file: FileEntry) => Digest | undefined): void {
  for (const [file, { digest }] of written.files) {
    if ((seen(file) ?? digest) === digest) continue
    throw new TsbuildError('TSB_FILE_CHANGED', `/${file.path} changed while it was copied`, {
      hint: 'nothing else may write to it while the build runs; try again',
    })
  }
}

function indexed(changes: readonly Change[], written: WrittenTar): readonly IndexedChange[] {
  return changes.map((change) => {
    if (change.kind !== 'file') return change
    const { content: _, ...file } = change
    const { digest, offset } = writtenFile(written, change)
    return { ...file, digest, data: offset }
  })
}

function writtenFile(written: WrittenTar, file: FileEntry): WrittenFile {
  const found = written.files.get(file)
  if (!found) throw new Error(`${file.path} was not written`)
  return found
}
