import { TsbuildError } from '../errors.ts'

/** All bytes, of which there may be so many. @throws {TsbuildError} TSB_DOCUMENT_TOO_LARGE */
export async function limitedBytes(bytes: AsyncIterable<Uint8Array>, limit: number, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    size += chunk.length
    if (size > limit) throw new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `${name} is larger than ${limit} bytes`)
  }
  return Buffer.concat(chunks)
}
