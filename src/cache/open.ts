import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, hexOf, sha256 } from '../digest/index.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { makeFolder } from '../make-folder.ts'
import type { Store } from '../store/index.ts'
import { archiveLimits, type OverlayMarks } from '../tree/index.ts'
import type { Cache } from './cache.ts'
import { openFileDigests } from './file-digests.ts'
import { openIndexShelf } from './index-shelf.ts'
import { openIntact } from './intact.ts'
import { isCacheKey } from './key.ts'
import { wholeBlobs } from './layer-checks.ts'
import { openLayerFiles } from './layer-files.ts'
import { openLayers } from './layers.ts'
import { mountIdFile } from './mount-id.ts'
import { openPackedLayers } from './packed.ts'
import { openPlans } from './plans.ts'
import { parseRecord } from './record-file.ts'
import { openRecords, type RecordShelves } from './records.ts'
import { openShelf } from './shelf.ts'
import { openStatIndex } from './stat-index.ts'
import { openSurveys } from './surveys.ts'
import type { LayerWriter } from './write-layer.ts'

export interface CacheOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Which attributes overlayfs reads on this machine: `user` when it is mounted with `userxattr`. */
  readonly overlayXattr: OverlayMarks
  /** Whether the directories of layers get their device nodes: what mounts them has to do it with `nodev`. Default: `skip` */
  readonly devices?: 'make' | 'skip'
  readonly limits?: Limits
}

/** Opens what the store's `cache/` has. Nothing is read before it is asked for. */
export async function openCache(store: Store, options: CacheOptions): Promise<Cache> {
  const { now, overlayXattr, devices = 'skip', limits = defaultLimits } = options
  const budget = archiveLimits(limits)
  const folder = join(store.root, 'cache')
  const aside = asideOf(store)
  const shelf = (name: string) => openShelf(join(folder, name), aside)
  const shelves: RecordShelves = {
    records: shelf('records'),
    files: shelf('files'),
    aliases: shelf('aliases'),
    steps: shelf('steps'),
    contents: shelf('contents'),
  }
  const indexes = openIndexShelf(join(folder, 'layers'), aside)
  const intact = openIntact(shelf('intact'), store.root)
  const files = openLayerFiles({ store, indexes, intact, now, overlayXattr, devices, limits })
  const digests = openFileDigests((today) => openStatIndex(join(folder, 'stat-index'), today, aside), now, budget)
  const writerPorts = { store, files, digests, now, budget }
  let writer: Promise<LayerWriter> | undefined
  const openWriter = async () => (await import('./write-layer.ts')).openLayerWriter(writerPorts)
  store.protect(() => neededBlobs(shelves))
  return {
    records: openRecords(shelves, files.isAvailable, now),
    layers: openLayers(writerPorts, () => {
      writer ??= openWriter()
      return writer
    }),
    digests,
    surveys: openSurveys(shelf('surveys')),
    plans: openPlans(shelf('plans')),
    packed: openPackedLayers(join(folder, 'packed'), shelf('packs'), store),
    wholeBlobs: wholeBlobs(store.blobs.path, intact),
    async cacheMount(id) {
      const path = join(store.root, 'mounts', hexOf(sha256(id)))
      makeFolder(path, 0o700)
      await nameMount(path, id, now())
      return path
    },
    async close() {
      await (await writer)?.close()
      await digests.close()
    },
  }
}

/** That the directory is used is said by its times. */
async function nameMount(path: string, id: string, now: number): Promise<void> {
  await writeFile(join(path, mountIdFile), id, { mode: 0o600 })
  await utimes(path, now / 1000, now / 1000)
}

/** One directory for all small files that are being written, made with the first. */
function asideOf(store: Store): () => Promise<string> {
  let folder: Promise<string> | undefined
  return () => {
    folder ??= store.temporary('cache')
    return folder
  }
}

/** The layers of all records: deleting an image must not make its next build slow. */
async function* neededBlobs({ records }: RecordShelves): AsyncIterable<Digest> {
  for await (const key of records.digests()) {
    const record = isCacheKey(key) ? parseRecord((await records.get(key)) ?? '', key) : undefined
    if (record) yield record.layer.descriptor.digest
  }
}
