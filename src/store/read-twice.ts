/**
 * Reads bytes once for two readers, each from the first to the last. What `keep` says of them counts: when it fails, so does
 * this, whatever `use` says. A reader that has enough does not keep the other one from the rest.
 * @param bytes pieces that stay as they are
 */
export async function readTwice<T>(
  bytes: AsyncIterable<Uint8Array>,
  keep: (bytes: AsyncIterable<Uint8Array>) => Promise<unknown>,
  use: (bytes: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const copy = openQueue()
  const using = use(copy.bytes())
  const used = using.then(copy.leave, copy.leave)
  try {
    await keep(copied(bytes, copy))
  } catch (error) {
    copy.end(endedEarly())
    await used
    throw error
  }
  copy.end(endedEarly())
  return using
}

async function* copied(bytes: AsyncIterable<Uint8Array>, copy: Queue): AsyncGenerator<Uint8Array, void, undefined> {
  let error: Error | undefined = endedEarly()
  try {
    for await (const piece of bytes) {
      copy.put(piece)
      yield piece
      await copy.room()
    }
    error = undefined
  } finally {
    copy.end(error)
  }
}

/** What a reader gets when the other one did not see the end. */
function endedEarly(): Error {
  return new Error('the bytes ended early')
}

/** Pieces on their way from one who has them to one who reads them. */
interface Queue {
  put(piece: Uint8Array): void
  /** Waits until few enough are waiting, or nobody reads them any more. */
  room(): Promise<void>
  /** The last piece was put; or, with an error, there will be none. The first call counts. */
  end(error: Error | undefined): void
  bytes(): AsyncGenerator<Uint8Array, void, undefined>
  /** Nobody reads what is still put. */
  leave(): void
}

/** How far one reader may be ahead of the other. */
const waitingBytes = 2 ** 20

function openQueue(): Queue {
  const pieces: Uint8Array[] = []
  let waiting = 0
  let state: { readonly ended: boolean; readonly error?: Error | undefined } = { ended: false }
  let left = false
  /** Called when anything changes: of the two sides at most one waits at a time. */
  let wake: () => void = () => {}
  const change = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  return {
    put(piece) {
      if (left) return
      pieces.push(piece)
      waiting += piece.length
      wake()
    },
    async room() {
      while (waiting > waitingBytes && !left) await change()
    },
    end(error) {
      if (!state.ended) state = { ended: true, error }
      wake()
    },
    async *bytes() {
      for (;;) {
        const piece = pieces.shift()
        if (piece) {
          waiting -= piece.length
          wake()
          yield piece
        } else if (state.ended) {
          if (state.error) throw state.error
          return
        } else await change()
      }
    },
    leave() {
      left = true
      pieces.length = 0
      wake()
    },
  }
}
