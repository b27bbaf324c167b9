import { rm } from 'node:fs/promises'
import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { mediaTypes } from '../image/index.ts'
import { type Store, withFreshFile } from '../store/index.ts'
import {
  type Change,
  contentId,
  type FileEntry,
  openFillThread,
  tarOrder,
  type WrittenFile,
  type WrittenTar,
  writeTarFile,
} from '../tree/index.ts'
import type { LayerRecord, PreparedLayer } from './cache.ts'
import type { StatDigests } from './file-digests.ts'
import type { LayerFiles } from './layer-files.ts'
import type { IndexedChange } from './layer-index.ts'
import { copiesIn } from './older-bytes.ts'

export interface WriterPorts {
  readonly store: Store
  readonly files: LayerFiles
  readonly digests: StatDigests
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Writes the tars of layers into the store, and what they say into the cache. */
export interface LayerWriter {
  write(changes: Iterable<Change>, signal: AbortSignal, older?: LayerRecord): Promise<LayerRecord>
  prepare(changes: Iterable<Change>, signal: AbortSignal): Promise<PreparedRecord>
  close(): Promise<void>
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
}

export function openLayerWriter(ports: WriterPorts): LayerWriter {
  const thread = openFillThread()
  const writeAside = async (changes: Iterable<Change>, signal: AbortSignal, older?: LayerRecord) => {
    const ordered = tarOrder(changes)
    const copyOf = older && (await copiesIn(older, ordered, ports))
    const options = { signal, thread, ...(copyOf && { copyOf }) }
    const folder = await ports.store.temporary('layer')
    const { path, result } = await withFreshFile(folder, (file) => writeTarFile(ordered, file, options))
    return { path, ordered, written: result }
  }
  return {
    close: thread.close,
    async write(changes, signal, older) {
      const made = await writeAside(changes, signal, older)
      checkUnchanged(made, (file) => file.digest ?? ports.digests.seen(file))
      return adopt(made, ports)
    },
    async prepare(changes, signal) {
      const started = ports.now()
      const made = await writeAside(changes, signal)
      checkUnchanged(made, (file) => file.digest)
      await ports.digests.note(made.written.files, started)
      const digests = new Map<FileEntry['content'], Digest>()
      for (const [{ content }, { digest }] of made.written.files) digests.set(content, digest)
      return {
        digestOf: ({ content }) => digests.get(content),
        keep: () => adopt(made, ports),
        drop: () => rm(made.path, { force: true }),
      }
    },
  }
}

async function adopt({ path, ordered, written }: LayerAside, { store, files }: WriterPorts): Promise<LayerRecord> {
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

function* indexed(changes: readonly Change[], written: WrittenTar): Generator<IndexedChange, void, undefined> {
  for (const change of changes) {
    if (change.kind !== 'file') {
      yield change
      continue
    }
    const { digest, offset } = writtenFile(written, change)
    yield { ...change, digest, data: offset }
  }
}

function writtenFile(written: WrittenTar, file: FileEntry): WrittenFile {
  const found = written.files.get(file)
  if (!found) throw new Error(`${file.path} was not written`)
  return found
}
