import { type FileHandle, open } from 'node:fs/promises'

/**
 * The bytes of a file, opened when the first of them is asked for. A piece is valid until the next one is asked for, which
 * is read meanwhile: a memory for each would cost more than reading it.
 */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  await using file = await open(path)
  let [current, other] = [Buffer.allocUnsafeSlow(pieceSize), Buffer.allocUnsafeSlow(pieceSize)]
  let reading = readInto(file, current)
  try {
    for (let length = await reading; length > 0; length = await reading) {
      reading = readInto(file, other)
      yield current.subarray(0, length)
      const filled = other
      other = current
      current = filled
    }
  } finally {
    await Promise.allSettled([reading])
  }
}

const pieceSize = 1 << 19

/** Whoever waits for it gets the error; until then it is not an unhandled one. */
function readInto(file: FileHandle, buffer: Buffer): Promise<number> {
  const reading = file.read(buffer, 0, buffer.length, null).then(({ bytesRead }) => bytesRead)
  reading.catch(() => undefined)
  return reading
}
