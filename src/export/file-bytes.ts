import { open } from 'node:fs/promises'

/**
 * The bytes of a file, opened when the first of them is asked for. A piece is valid until the next one is asked for: a
 * memory for each would cost more than reading them.
 */
export async function* fileBytes(file: string): AsyncGenerator<Uint8Array, void, undefined> {
  await using handle = await open(file)
  const buffer = Buffer.allocUnsafeSlow(1 << 20)
  for (let bytesRead = buffer.length; bytesRead > 0; ) {
    bytesRead = (await handle.read(buffer, 0, buffer.length, null)).bytesRead
    if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
  }
}
