import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, type Hasher, sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { writeFailure } from './failure.ts'

/** What some bytes are, or must be. */
export interface BlobIdentity {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** A file that was written and hashed, not yet in the store. */
export interface WrittenBlob extends BlobIdentity {
  readonly path: string
}

/**
 * Writes bytes to a fresh file in `folder` and hashes them on the way. Nothing is left of it when this fails.
 * @param expected stops at the first byte too many, so that a peer cannot fill the disk
 * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH, TSB_DISK_FULL
 */
export async function writeBlob(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  folder: string,
  expected?: BlobIdentity,
): Promise<WrittenBlob> {
  const path = join(folder, `blob-${randomBytes(6).toString('hex')}`)
  const file = await open(path, 'wx', 0o600)
  const written: Written = { hasher: sha256Hasher(), size: 0 }
  try {
    for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
      await append(file, chunk, written, expected)
    }
    await file.close()
    return { path, ...identityOf(written, expected) }
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw await writeFailure(error, path, written.size)
  }
}

interface Written {
  readonly hasher: Hasher
  size: number
}

async function append(file: FileHandle, chunk: Uint8Array, written: Written, expected?: BlobIdentity): Promise<void> {
  if (expected && written.size + chunk.length > expected.size) {
    throw mismatch('TSB_BLOB_TOO_LONG', expected, `has more than the ${expected.size} bytes its descriptor says`)
  }
  written.hasher.update(chunk)
  for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten
  written.size += chunk.length
}

function identityOf(written: Written, expected?: BlobIdentity): BlobIdentity {
  const digest = written.hasher.digest()
  if (expected && written.size !== expected.size) {
    throw mismatch('TSB_BLOB_TRUNCATED', expected, `ended after ${written.size} of ${expected.size} bytes`)
  }
  if (expected && digest !== expected.digest) {
    throw mismatch('TSB_DIGEST_MISMATCH', expected, `has the digest ${digest} instead`)
  }
  return { digest, size: written.size }
}

function mismatch(code: string, expected: BlobIdentity, what: string): TsbuildError {
  return new TsbuildError(code, `blob ${expected.digest} ${what}`, {
    hint: 'it was damaged on the way, or the place it came from is not to be trusted',
  })
}
