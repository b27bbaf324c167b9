/** The first bytes of a stream, and all of them still to be read. */
export interface Peeked {
  /** As many as were asked for, or more; fewer only when there are no more. */
  readonly first: Uint8Array
  readonly all: AsyncGenerator<Uint8Array, void, undefined>
}

/** Looks at the first bytes of a stream without taking them away. */
export async function peek(bytes: AsyncIterable<Uint8Array>, length: number): Promise<Peeked> {
  const source = bytes[Symbol.asyncIterator]()
  const taken: Uint8Array[] = []
  let size = 0
  while (size < length) {
    const next = await source.next()
    if (next.done) break
    taken.push(next.value)
    size += next.value.length
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* taken
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
    } finally {
      await source.return?.()
    }
  }
  return { first: Buffer.concat(taken), all: all() }
}
