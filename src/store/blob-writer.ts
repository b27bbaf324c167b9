import { type Digest, sha256, sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { isSmall } from './small-file.ts'
import { writeFresh, writeFreshAtOnce } from './write-fresh.ts'

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
 * @param pieces as `writeFresh` has it
 * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH, TSB_DISK_FULL
 */
export async function writeBlob(
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  folder: string,
  expected?: BlobIdentity,
  pieces?: 'stay',
): Promise<WrittenBlob> {
  if (bytes instanceof Uint8Array && isSmall(bytes)) {
    const identity = { digest: sha256(bytes), size: bytes.length }
    if (expected) checkIdentity(identity, expected)
    return { path: await writeFreshAtOnce(folder, bytes), ...identity }
  }
  const hasher = sha256Hasher()
  let size = 0
  let identity: BlobIdentity | undefined
  async function* checked(): AsyncIterable<Uint8Array> {
    for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
      size += chunk.length
      if (expected && size > expected.size) throw tooLong(expected)
      hasher.update(chunk)
      yield chunk
    }
    identity = { digest: hasher.digest(), size }
    if (expected) checkIdentity(identity, expected)
  }
  const path = await writeFresh(folder, checked(), pieces)
  if (!identity) throw new Error('a blob was not read to its end')
  return { path, ...identity }
}

function checkIdentity({ digest, size }: BlobIdentity, expected: BlobIdentity): void {
  if (size > expected.size) throw tooLong(expected)
  if (size !== expected.size) {
    throw mismatch('TSB_BLOB_TRUNCATED', expected, `ended after ${size} of ${expected.size} bytes`)
  }
  if (digest !== expected.digest) {
    throw mismatch('TSB_DIGEST_MISMATCH', expected, `has the digest ${digest} instead`)
  }
}

function tooLong(expected: BlobIdentity): TsbuildError {
  return mismatch('TSB_BLOB_TOO_LONG', expected, `has more than the ${expected.size} bytes its descriptor says`)
}

function mismatch(code: string, expected: BlobIdentity, what: string): TsbuildError {
  return new TsbuildError(code, `blob ${expected.digest} ${what}`, {
    hint: 'it was damaged on the way, or the place it came from is not to be trusted',
  })
}
