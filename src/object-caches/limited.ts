import { TsbuildError } from '../errors.ts'

/** All bytes, of which there may be so many. @throws {TsbuildError} TSB_DOCUMENT_TOO_LARGE */
export async function limitedBytes(bytes: AsyncIterable<Uint8Array>, limit: number, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of limitedStream(bytes, limit, name)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The same bytes, as they come. @throws {TsbuildError} TSB_DOCUMENT_TOO_LARGE */
export async function* limitedStream(
  bytes: AsyncIterable<Uint8Array>,
  limit: number,
  name: string,
): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > limit) throw new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `${name} is larger than ${limit} bytes`)
    yield chunk
  }
}
