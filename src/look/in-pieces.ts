import { setImmediate as pause } from 'node:timers/promises'

/** Entries that are looked at before others get a turn: a few milliseconds. */
export const pieceLength = 4096

/**
 * Does long work in pieces: it yields now and then, and whoever draws or listens gets a turn.
 * @throws the reason of `signal`
 */
export async function inPieces<T>(work: Generator<void, T, undefined>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await pause()
    signal?.throwIfAborted()
  }
}
