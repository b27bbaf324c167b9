import { rm } from 'node:fs/promises'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { mediaTypes } from '../image/index.ts'
import { type Store, withFreshFile } from '../store/index.ts'
import {
  type Change,
  changedHint,
  contentId,
  type FileEntry,
  type LayerBudget,
  openFillThread,
  tarOrder,
  type WrittenTar,
  writeTarFile,
} from '../tree/index.ts'
import type { LayerRecord, PreparedLayer } from './cache.ts'
import type { StatDigests } from './file-digests.ts'
import { checkLayerSize } from './layer-budget.ts'
import type { LayerFiles } from './layer-files.ts'
import type { IndexedChange } from './layer-index.ts'
import { type LayerWatch, openLayerSearch, type PlacedFile } from './layer-search.ts'
import { copiesIn } from './older-bytes.ts'

export interface WriterPorts {
  readonly store: Store
  readonly files: LayerFiles
  readonly digests: StatDigests
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly budget: LayerBudget
}

/** Writes the tars of layers into the store, and what they say into the cache. */
export interface LayerWriter {
  write(changes: Iterable<Change>, signal: AbortSignal, options?: WriteOptions): Promise<LayerRecord>
  prepare(changes: Iterable<Change>, signal: AbortSignal, watch?: LayerWatch): Promise<PreparedRecord>
  close(): Promise<void>
}

export interface WriteOptions {
  readonly older?: LayerRecord | undefined
  readonly watch?: LayerWatch | undefined
}

/** A `PreparedLayer` that is not one yet. */
export interface PreparedRecord extends Pick<PreparedLayer, 'digestOf' | 'drop'> {
  keep(): Promise<LayerRecord>
}

/** The tar of a layer that is not in the store yet. */
interface LayerAside {
  readonly path: string
  readonly ordered: readonly Change[]
  readonly written: WrittenTar
  /** Of the bytes that went into the tar. */
  readonly digests: ReadonlyMap<FileEntry['content'], Digest>
}

/** Told of each file when it was read. */
type TakeNote = (file: FileEntry, digest: Digest) => void

export function openLayerWriter(ports: WriterPorts): LayerWriter {
  const thread = openFillThread()
  const writeAside = async (
    changes: Iterable<Change>,
    signal: AbortSignal,
    note: TakeNote,
    { older, watch }: WriteOptions,
  ): Promise<LayerAside> => {
    const ordered = tarOrder(changes)
    checkLayerSize(ordered, ports.budget)
    const copyOf = older && (await copiesIn(older, ordered, ports))
    const digests = new Map<FileEntry['content'], Digest>()
    const read: TakeNote = (file, digest) => {
      note(file, digest)
      digests.set(file.content, digest)
    }
    const search = watch && openLayerSearch(await watch.wanted())
    const options = { signal, thread, read, ...(copyOf && { copyOf }), ...(search && { pass: search.push }) }
    const folder = await ports.store.temporary('layer')
    const { path, result } = await withFreshFile(folder, async (file) => {
      const written = await writeTarFile(ordered, file, options)
      if (search) watch.found(search.finds(ordered, () => placedFiles(ordered, written)))
      return written
    })
    return { path, ordered, written: result, digests }
  }
  return {
    close: thread.close,
    async write(changes, signal, options = {}) {
      const check: TakeNote = (file, digest) => checkUnchanged(file, digest, ports.digests.seen(file))
      return adopt(await writeAside(changes, signal, check, options), ports)
    },
    async prepare(changes, signal, watch) {
      const remember = await ports.digests.notes()
      const note: TakeNote = (file, digest) => {
        checkUnchanged(file, digest)
        remember(file, digest)
      }
      const made = await writeAside(changes, signal, note, { watch })
      return {
        digestOf: ({ content }) => made.digests.get(content),
        keep: () => adopt(made, ports),
        drop: () => rm(made.path, { force: true }),
      }
    },
  }
}

async function adopt(made: LayerAside, { files }: WriterPorts): Promise<LayerRecord> {
  const { path, ordered, written, digests } = made
  const { diffId, size } = written
  await files.adoptTar(path, diffId)
  await files.putIndex(diffId, { tarSize: size, changes: indexed(made) })
  return {
    diffId,
    contentId: await contentId(ordered, (file) => found(digests.get(file.content), file)),
    descriptor: { mediaType: mediaTypes.layerTar, digest: diffId, size },
  }
}

/** The key of the step was made of the digests that were seen: other bytes must not be kept under it. */
function checkUnchanged(file: FileEntry, digest: Digest, seen?: Digest): void {
  if ((file.digest ?? seen ?? digest) === digest) return
  throw new TsbuildError('TSB_FILE_CHANGED', `/${file.path} changed while it was copied`, {
    hint: changedHint,
  })
}

function* indexed({ ordered, written }: LayerAside): Generator<IndexedChange, void, undefined> {
  let file = 0
  for (const change of ordered) {
    if (change.kind !== 'file') {
      yield change
      continue
    }
    const { digest, offset } = found(written.files[file++], change)
    yield { ...change, digest, data: offset }
  }
}

function* placedFiles(ordered: readonly Change[], written: WrittenTar): Generator<PlacedFile, void, undefined> {
  let file = 0
  for (const change of ordered) {
    if (change.kind !== 'file') continue
    const { path, size } = change
    yield { path, size, offset: found(written.files[file++], change).offset }
  }
}

function found<T>(written: T | undefined, { path }: FileEntry): T {
  if (written === undefined) throw new Error(`${path} was not written`)
  return written
}
