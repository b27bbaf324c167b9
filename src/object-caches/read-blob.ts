import { sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { delay, isTransient, type Patience, pause } from '../http/index.ts'
import type { Descriptor } from '../image/index.ts'
import { type Asked, unreachable } from './errors.ts'

/** Sends the bytes of a blob from one of them on. */
export type OpenAt = (from: number) => Promise<AsyncIterable<Uint8Array>>

/** Bytes that an attempt has to bring for it not to count among those that failed. */
const progress = 16 << 10

/**
 * The bytes of a blob, taken up where they break off, checked while they pass.
 * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH and those of `open`
 */
export async function* readBlob(
  { digest, size }: Descriptor,
  asked: Asked,
  patience: Patience,
  signal: AbortSignal | undefined,
  open: OpenAt,
): AsyncIterable<Uint8Array> {
  const name = `blob ${digest} of ${asked.host}`
  const hasher = sha256Hasher()
  let [offset, furthest] = [0, 0]
  for (let attempt = 1; offset < size || attempt === 1; attempt++) {
    try {
      for await (const chunk of await open(offset)) {
        offset += chunk.length
        if (offset > size) throw wrong('TSB_BLOB_TOO_LONG', `${name} is longer than the ${size} bytes it should have`)
        hasher.update(chunk)
        yield chunk
      }
      if (offset < size) throw wrong('TSB_BLOB_TRUNCATED', `${name} ends after ${offset} of ${size} bytes`)
      break
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof TsbuildError) throw error
      if (offset - furthest >= progress) attempt = 0
      if (attempt >= patience.attempts || !isTransient(error)) throw unreachable(asked, attempt, error)
      furthest = offset
      await pause(delay(patience, Math.max(attempt, 1)), signal)
    }
  }
  if (hasher.digest() !== digest) throw wrong('TSB_DIGEST_MISMATCH', `${name} has other bytes than its digest says`)
}

function wrong(code: string, message: string): TsbuildError {
  return new TsbuildError(code, message, { hint: 'the cache, or something in between, is damaged or tampered with' })
}
