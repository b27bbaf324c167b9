import { chmodSync, closeSync, createReadStream, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { type Digest, hexOf, sha256, sha256Hasher } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import type { Descriptor } from '../image/index.ts'
import { syncFolder } from './atomic.ts'
import { type BlobIdentity, type WrittenBlob, writeBlob } from './blob-writer.ts'
import { writing } from './failure.ts'
import { noteUse } from './last-use.ts'
import type { Locked } from './locks.ts'
import type { Origins } from './origins.ts'
import { readTwice } from './read-twice.ts'
import { removeTree } from './remove-tree.ts'
import { renameOver } from './rename-over.ts'
import type { BlobOrigin, Blobs, FetchBlob } from './store.ts'

/** The mode of a blob that would survive a power cut. One that might not is 0600. */
const settledMode = 0o400

export interface BlobPorts {
  readonly locked: Locked
  readonly origins: Origins
  /** A private directory for what is not whole yet. */
  readonly aside: () => Promise<string>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly fetch?: FetchBlob | undefined
}

/** What images need beside `Blobs`. */
export interface DurableBlobs extends Blobs {
  /** Makes those of the blobs that are here survive a power cut. */
  settle(digests: readonly Digest[]): Promise<void>
}

/**
 * Blobs in `folder`, each under the hex digits of its digest. A blob is not synced when it is written, since most belong
 * to layers that can be made again; `settle` does it for those of an image. So after a power cut a blob may be empty or
 * torn: one that was not settled before the machine started is hashed before it counts as being here.
 */
export function openBlobs(folder: string, ports: BlobPorts): DurableBlobs {
  const path = (digest: Digest) => join(folder, hexOf(digest))
  const bootTime = ports.now() - uptime() * 1000
  const has: Blobs['has'] = async (digest, size) =>
    isWhole(path(digest), digest, size, (time) => time > bootTime + bootMargin && time <= ports.now() + clockMargin)
  /** For who has the bytes and would count on those that are here. */
  const isKept = async (digest: Digest, size: number, isRight = hasDigest(digest)) =>
    (await has(digest, size)) && (await isRight(path(digest))) && noteUse(path(digest), ports.now())
  const adopt: Blobs['adopt'] = async (file, digest, isRight) => {
    if (await isKept(digest, statSync(file).size, isRight)) {
      await removeTree(file)
      return
    }
    await writing(path(digest), 0, async () => {
      chmodSync(file, 0o600)
      // An image may count on what gives way to survive a power cut.
      if (isSettled(path(digest))) await settle(file)
      await renameOver(file, path(digest))
    })
  }
  const write: Blobs['write'] = async (bytes, expected) => {
    const known = bytes instanceof Uint8Array ? { digest: sha256(bytes), size: bytes.length } : undefined
    const isSame = async (file: string) => bytes instanceof Uint8Array && readFileSync(file).equals(bytes)
    if (known && known.digest === (expected ?? known).digest && (await isKept(known.digest, known.size, isSame)))
      return known
    return taken(await writeBlob(bytes, await ports.aside(), expected))
  }
  const taken = async ({ path: file, digest, size }: WrittenBlob): Promise<BlobIdentity> => {
    await adopt(file, digest)
    return { digest, size }
  }
  const reading = async <T>(descriptor: Descriptor, use: UseBytes<T>, signal?: AbortSignal): Promise<T> => {
    const { digest, size } = descriptor
    const here = () => use(streamBlob(path(digest), digest))
    if (await has(digest, size)) return here()
    return ports.locked(
      `blob ${digest}`,
      async () => {
        if (await has(digest, size)) return here()
        const bytes = await fetchBlob(descriptor, ports, signal)
        const keep = async (kept: AsyncIterable<Uint8Array>) =>
          taken(await writeBlob(kept, await ports.aside(), descriptor, 'stay'))
        return readTwice(bytes, keep, use)
      },
      signal,
    )
  }
  return {
    path,
    has,
    read: (digest, limit) => readDocument(path(digest), digest, limit),
    stream: (digest) => streamBlob(path(digest), digest),
    write,
    adopt,
    reading,
    obtain: (descriptor, signal) => reading(descriptor, nothing, signal),
    rememberOrigin: ports.origins.remember,
    origin: ports.origins.find,
    async settle(digests) {
      const settled = await Promise.allSettled(digests.map((digest) => settle(path(digest))))
      for (const one of settled) if (one.status === 'rejected') throw one.reason
      await syncFolder(folder)
    },
  }
}

type UseBytes<T> = (bytes: AsyncIterable<Uint8Array>) => Promise<T>

/** For who wants the blob to be here. */
async function nothing(): Promise<void> {}

/** Clocks jump and file systems round: what was written within this time after the start is hashed too. */
const bootMargin = 60_000

/**
 * File servers have clocks of their own. What is later than this was written before the start, by a clock that has gone back
 * since, as one without a battery does.
 */
const clockMargin = 5_000

async function isWhole(
  path: string,
  digest: Digest,
  size: number | undefined,
  isSinceStart: (time: number) => boolean,
): Promise<boolean> {
  const found = statOf(path)
  if (!found || found.size !== (size ?? found.size)) return false
  if ((found.mode & 0o777) === settledMode || isSinceStart(found.mtimeMs)) return true
  if (!(await hasDigest(digest)(path))) {
    await removeTree(path)
    return false
  }
  await settleIfWritable(path)
  return true
}

function hasDigest(digest: Digest): (path: string) => Promise<boolean> {
  return async (path) => {
    const hasher = sha256Hasher()
    for await (const chunk of createReadStream(path)) hasher.update(chunk)
    return hasher.digest() === digest
  }
}

/** In a read-only store the blob is hashed again next time. */
async function settleIfWritable(path: string): Promise<void> {
  try {
    await settle(path)
  } catch (error) {
    if (!(error instanceof TsbuildError && error.code === 'TSB_STORE_READ_ONLY')) throw error
  }
}

function isSettled(path: string): boolean {
  return ((statOf(path)?.mode ?? 0) & 0o777) === settledMode
}

async function settle(path: string): Promise<void> {
  const found = statOf(path)
  if (!found || isSettled(path)) return
  await writing(path, found.size, async () => {
    await using file = await open(path, 'r')
    await file.datasync()
    await file.chmod(settledMode)
  })
}

/** A document is read sooner than a thread is asked to read it. */
async function readDocument(path: string, digest: Digest, limit: number): Promise<Uint8Array> {
  const bytes = readWhole(path, digest, limit)
  if (sha256(bytes) === digest) return bytes
  throw new TsbuildError('TSB_DIGEST_MISMATCH', `the file of blob ${digest} has other bytes: ${path}`, {
    hint: 'tsbuild doctor --fsck --repair puts it aside; then build or load the image again',
  })
}

function readWhole(path: string, digest: Digest, limit: number): Uint8Array {
  const file = openWhole(path, digest)
  try {
    const { size } = fstatSync(file)
    if (size <= limit) return readFileSync(file)
    throw new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `${digest} has ${size} bytes, more than the ${limit} allowed`)
  } finally {
    closeSync(file)
  }
}

async function* streamBlob(path: string, digest: Digest): AsyncIterable<Uint8Array> {
  await using file = await open(path, 'r').catch((error: unknown) => {
    throw isSystemError(error, 'ENOENT') ? missing(digest) : error
  })
  yield* file.createReadStream({ highWaterMark: 1 << 18, autoClose: false })
}

function openWhole(path: string, digest: Digest): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw isSystemError(error, 'ENOENT') ? missing(digest) : error
  }
}

async function fetchBlob(descriptor: Descriptor, ports: BlobPorts, signal?: AbortSignal) {
  const origin: BlobOrigin | undefined = await ports.origins.find(descriptor.digest)
  if (!origin || !ports.fetch) throw missing(descriptor.digest)
  return ports.fetch(descriptor, origin, signal)
}

function missing(digest: Digest): TsbuildError {
  return new TsbuildError('TSB_BLOB_MISSING', `blob ${digest} is not in the store`, {
    hint: 'pull or build the image again',
  })
}

/** Asked for each layer of an image: a thread costs more than the answer. */
function statOf(path: string) {
  return statSync(path, { throwIfNoEntry: false })
}
