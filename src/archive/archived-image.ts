import { sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Descriptor, ImageDocuments, Reference } from '../image/index.ts'
import { damagedHint } from './damaged.ts'

/** An image that lies in an archive or a layout. */
export interface ArchivedImage extends ImageDocuments {
  /** The names that the archive gives it; none when it gives none. */
  readonly names: readonly Reference[]
  /** Further images of the same index that the archive holds, for other platforms. */
  readonly others?: readonly ArchivedImage[]
  /**
   * The bytes of a layer, checked while they pass: an error at the end means that none of them may be used.
   * @throws {TsbuildError} TSB_ARCHIVE_REF, TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH
   */
  layer(descriptor: Descriptor): AsyncIterable<Uint8Array>
}

/** Lets bytes pass that a descriptor names, and no others. */
export async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  { digest, size }: Descriptor,
  archive: string,
): AsyncIterable<Uint8Array> {
  const hasher = sha256Hasher()
  let read = 0
  for await (const chunk of bytes) {
    read += chunk.length
    if (read > size) throw fail('TSB_BLOB_TOO_LONG', `is longer than the ${size} bytes it should have`)
    hasher.update(chunk)
    yield chunk
  }
  if (read < size) throw fail('TSB_BLOB_TRUNCATED', `ends after ${read} of ${size} bytes`)
  if (hasher.digest() !== digest) throw fail('TSB_DIGEST_MISMATCH', 'has other bytes than its digest says')

  function fail(code: string, what: string): TsbuildError {
    return new TsbuildError(code, `blob ${digest} of ${archive} ${what}`, { hint: damagedHint })
  }
}
