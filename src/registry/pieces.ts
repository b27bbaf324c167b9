import { type Digest, sha256Hasher } from '../digest/index.ts'

type Bytes = AsyncIterable<Uint8Array>

/** Some bytes, handed out in pieces of the lengths that are asked for, one after the other. */
export interface Pieces extends AsyncDisposable {
  /** The next so many bytes; fewer at the end. To be read to its end before the next is asked for. */
  next(length: number): Bytes
}

export function piecesOf(bytes: Bytes): Pieces {
  const source = bytes[Symbol.asyncIterator]()
  let left: Uint8Array = new Uint8Array()
  return {
    async *next(length) {
      for (let wanted = length; wanted > 0; ) {
        if (left.length === 0) {
          const { done, value } = await source.next()
          if (done) return
          left = value
        }
        const piece = left.subarray(0, wanted)
        left = left.subarray(piece.length)
        wanted -= piece.length
        yield piece
      }
    },
    async [Symbol.asyncDispose]() {
      await source.return?.()
    },
  }
}

/** All but the first `count` bytes. */
export async function* withoutFirst(bytes: Bytes, count: number): Bytes {
  let skip = count
  for await (const chunk of bytes) {
    const dropped = Math.min(skip, chunk.length)
    skip -= dropped
    if (dropped < chunk.length) yield chunk.subarray(dropped)
  }
}

/**
 * The same bytes, hashed while they pass. The last of them come only when all are those of the digest: whoever gets them
 * to their end got the right ones. Pieces are copies, which stay as they are: who gives them may use its memory again.
 * @param changed makes the error for when they are not
 */
export async function* rightToTheEnd(
  bytes: Bytes,
  expected: { readonly digest: Digest; readonly size: number },
  changed: () => Error,
): Bytes {
  const hasher = sha256Hasher()
  let size = 0
  let held: Uint8Array | undefined
  for await (const chunk of bytes) {
    hasher.update(chunk)
    size += chunk.length
    if (size > expected.size) throw changed()
    if (held) yield held
    held = Buffer.from(chunk)
  }
  if (size !== expected.size || hasher.digest() !== expected.digest) throw changed()
  if (held) yield held
}
