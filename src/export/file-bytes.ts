import { createReadStream } from 'node:fs'

/** The bytes of a file, opened when the first of them is asked for. */
export async function* fileBytes(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* createReadStream(file, { highWaterMark: 1 << 20 })
}
