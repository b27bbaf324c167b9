import { once } from 'node:events'
import { PassThrough } from 'node:stream'

/**
 * Reads bytes once for two readers, each from the first to the last. What `keep` says of them counts: when it fails, so does
 * this, whatever `use` says. A reader that has enough does not keep the other one from the rest.
 */
export async function readTwice<T>(
  bytes: AsyncIterable<Uint8Array>,
  keep: (bytes: AsyncIterable<Uint8Array>) => Promise<unknown>,
  use: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const copy = new PassThrough({ highWaterMark: waitingBytes })
  copy.on('error', ignored)
  const using = use(copy)
  const used = using.then(ignored, ignored).finally(() => copy.destroy())
  try {
    await keep(copied(bytes, copy))
  } catch (error) {
    await used
    throw error
  }
  return using
}

/** How far one reader may be ahead of the other. */
const waitingBytes = 2 ** 20

async function* copied(
  bytes: AsyncIterable<Uint8Array>,
  copy: PassThrough,
): AsyncGenerator<Uint8Array, void, undefined> {
  let ended = false
  try {
    for await (const piece of bytes) {
      const isFull = !copy.destroyed && !copy.write(piece)
      yield piece
      if (isFull) await drained(copy)
    }
    ended = true
    copy.end()
  } finally {
    if (!ended) copy.destroy(new Error('the bytes ended early'))
  }
}

/** Also when nobody will read it any more. */
async function drained(copy: PassThrough): Promise<void> {
  if (copy.destroyed || !copy.writableNeedDrain) return
  const leaving = new AbortController()
  const { signal } = leaving
  try {
    await Promise.race([once(copy, 'drain', { signal }), once(copy, 'close', { signal })])
  } finally {
    leaving.abort()
  }
}

/** What goes wrong with the copy is thrown by reading it; what `use` throws comes later. */
function ignored(): void {}
