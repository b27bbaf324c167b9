import { sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import type { Blob } from '../transfer/index.ts'

/** Bytes that go in one request: of a larger blob several of them. */
export const pieceSize = 8 << 20

/**
 * A blob in pieces of `pieceSize`, in memory so that each can be sent again. The last one comes only when all are those of
 * the digest. An empty blob is one empty piece.
 * @throws {TsbuildError} TSB_UPLOAD_CHANGED
 */
export async function* piecesOf({ descriptor, open }: Blob): AsyncIterable<Uint8Array> {
  const hasher = sha256Hasher()
  let [held, heldSize, size]: [Uint8Array[], number, number] = [[], 0, 0]
  for await (const chunk of open()) {
    hasher.update(chunk)
    size += chunk.length
    if (size > descriptor.size) throw changed(descriptor.digest)
    // Copies: who gives them may use its memory again.
    for (let rest = Buffer.from(chunk); rest.length > 0; ) {
      if (heldSize === pieceSize) {
        yield Buffer.concat(held)
        held = []
        heldSize = 0
      }
      const part = rest.subarray(0, pieceSize - heldSize)
      held.push(part)
      heldSize += part.length
      rest = rest.subarray(part.length)
    }
  }
  if (size !== descriptor.size || hasher.digest() !== descriptor.digest) throw changed(descriptor.digest)
  yield Buffer.concat(held)
}

function changed(digest: string): TsbuildError {
  return new TsbuildError('TSB_UPLOAD_CHANGED', `blob ${digest} has other bytes than its digest says: not sent`, {
    hint: 'something changed it while it was sent: try again',
  })
}
