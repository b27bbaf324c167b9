/** All bytes of a stream in one. */
export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part)
  return Buffer.concat(parts)
}

/** Reads a stream to its end and counts. */
export async function countBytes(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0
  for await (const part of bytes) count += part.length
  return count
}
