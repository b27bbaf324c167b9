import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Digest, sha256Hasher } from '../digest/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { mediaTypes } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import type { Store } from '../store/index.ts'
import type { Blob } from '../transfer/index.ts'
import {
  archiveLimits,
  type Change,
  compress,
  compressionLimits,
  decompress,
  fileBytes,
  rootPath,
  treeOfDirectory,
  unpackTar,
  walkApart,
  writeTar,
} from '../tree/index.ts'
import type { SharedMount } from './format.ts'

/** The files of a cache of RUN, packed to leave. */
export interface PackedMount {
  readonly blob: Blob
  readonly diffId: Digest
}

/** @param file where the compressed tar is put: the same files give the same bytes */
export async function packMount(
  directory: string,
  file: string,
  signal: AbortSignal | undefined,
): Promise<PackedMount> {
  const [plain, packed] = [sha256Hasher(), sha256Hasher()]
  async function* hashed() {
    for await (const chunk of writeTar(filesOf(directory))) {
      signal?.throwIfAborted()
      plain.update(chunk)
      yield chunk
    }
  }
  let size = 0
  {
    await using handle = await open(file, 'wx', 0o600)
    for await (const chunk of compress(hashed(), 'gzip', level)) {
      packed.update(chunk)
      size += chunk.length
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
    }
  }
  const descriptor = { mediaType: mediaTypes.layerGzip, digest: packed.digest(), size }
  return { blob: { descriptor, open: () => fileBytes(file) }, diffId: plain.digest() }
}

/** As for layers. */
const level = 6

/** Its own owner and mode first. */
function* filesOf(directory: string): Iterable<Change> {
  const tree = treeOfDirectory(directory)
  const root = tree.get(rootPath)
  if (root) yield root
  yield* walkApart(tree, rootPath)
}

/**
 * Puts the files of a shared cache where a mount has its own, unless it has some. They are checked before they are there.
 * @throws {TsbuildError} TSB_DIFFID_MISMATCH, TSB_BLOB_…, TSB_ARCHIVE_…
 */
export async function unpackMount(
  { blob, diffId }: SharedMount,
  directory: string,
  { blobs, temporary }: Store,
  limits: Limits,
): Promise<void> {
  const draft = await temporary('cache-mount')
  try {
    const made = path.join(draft, 'made')
    await mkdir(made, { mode: 0o755 })
    await blobs.reading(blob, async (bytes) => {
      const hasher = sha256Hasher()
      async function* plain() {
        for await (const chunk of decompress(bytes, compressionLimits(limits))) {
          hasher.update(chunk)
          yield chunk
        }
      }
      const all = plain()
      await unpackTar(unended(all), made, { limits: archiveLimits(limits) })
      for await (const _ of all); // what comes after the end of the archive counts too
      const found = hasher.digest()
      if (found !== diffId) throw mismatch(blob.digest, diffId, found)
    })
    await rename(made, directory)
  } catch (error) {
    // Another build was there first.
    if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST')) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** The same bytes, which who stops reading does not close. */
function unended(bytes: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) }
}

export async function isDirectory(place: string): Promise<boolean> {
  try {
    return (await stat(place)).isDirectory()
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false
    throw error
  }
}

function mismatch(blob: Digest, expected: Digest, found: Digest): TsbuildError {
  return new TsbuildError('TSB_DIFFID_MISMATCH', `cache mount ${blob} unpacks to ${found}, its record says ${expected}`)
}
