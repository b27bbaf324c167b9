import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Digest } from '../digest/index.ts'
import { openBlobs } from './blobs.ts'
import { prepareFolders } from './folders.ts'
import { openImages } from './images.ts'
import { openIndexFile } from './index-file.ts'
import { lockPlace, openLocks, sweepLocks } from './locks.ts'
import { openOrigins } from './origins.ts'
import { openPresence } from './presence.ts'
import type { FetchBlob, Store } from './store.ts'
import { openTemporary, sweep, type Temporary } from './temporary.ts'
import { unusedBlobs } from './unused.ts'

export interface StoreOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** How blobs are had that are still remote; absent: not at all. */
  readonly fetch?: FetchBlob
  /** For who only looks at what is there, or closes the store: it is not one of those who have it open. */
  readonly unseen?: boolean
}

/**
 * Opens the store in a directory, which is made when it is not there, and sweeps what dead processes left in it.
 * @throws {TsbuildError} TSB_STORE_UNSAFE, TSB_STORE_FOREIGN, TSB_STORE_READ_ONLY, TSB_DISK_FULL
 */
export async function openStore(root: string, options: StoreOptions): Promise<Store> {
  const real = await prepareFolders(root)
  const layout = join(real, 'oci')
  const presence = openPresence(join(real, 'visitors'))
  const leave = options.unseen ? () => {} : presence.enter()
  await sweep(join(real, 'tmp'))
  sweepLocks(join(real, 'locks'))
  const temporary = openTemporary(join(real, 'tmp'))
  const aside = asideOf(temporary.make)
  const locked = openLocks(join(real, 'locks'))
  if (existsSync(lockPlace(join(real, 'locks'), closing))) await locked(closing, async () => {})
  const protectors = new Set<() => AsyncIterable<Digest>>()
  const blobs = openBlobs(join(layout, 'blobs', 'sha256'), {
    locked,
    origins: openOrigins(join(real, 'origins'), aside),
    aside,
    now: options.now,
    fetch: options.fetch,
  })
  const index = openIndexFile(layout, aside)
  const alone = (work: () => Promise<void>) =>
    locked(closing, async () => {
      if (!presence.isAnybodyElseHere() && !(await temporary.othersAlive())) await locked('index', work)
    })
  const deleteUnused = unusedBlobs({ blobs, now: options.now, alone, entries: index.read, protectors })
  return {
    root: real,
    blobs,
    images: openImages({ blobs, index, locked, deleteUnused }),
    temporary: temporary.make,
    locked,
    protect: (needed) => void protectors.add(needed),
    whileClosed: (work) =>
      locked(closing, async () => work(await othersSince(presence.isAnybodyHere(), temporary, options.now()))),
    async close() {
      await temporary.close()
      leave()
    },
  }
}

/** The lock of who closes the store: whoever opens it waits until it is free, without taking it. */
const closing = 'closing'

/** What has the store open and nothing temporary in it yet has not had it open for longer, in milliseconds. */
const longestIdle = 10 * 60_000

async function othersSince(isAnybodyHere: boolean, temporary: Temporary, now: number): Promise<number | undefined> {
  const since = await temporary.othersSince()
  return isAnybodyHere || since.length > 0 ? Math.min(now, ...since) - longestIdle : undefined
}

/** One directory for all small files that are being written, made with the first. */
function asideOf(make: (prefix: string) => Promise<string>): () => Promise<string> {
  let folder: Promise<string> | undefined
  return () => {
    folder ??= make('aside')
    return folder
  }
}
