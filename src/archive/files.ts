import { TsbuildError } from '../errors.ts'

/** Files by name: those of a folder or of an archive. Names come from documents of others, and mean nothing outside. */
export interface Files {
  /** Where they are, for messages. */
  readonly name: string
  has(name: string): Promise<boolean>
  /** @throws {TsbuildError} TSB_ARCHIVE_REF when there is no such file, TSB_DOCUMENT_TOO_LARGE above `limit` bytes */
  read(name: string, limit: number): Promise<Uint8Array>
  /** @throws {TsbuildError} TSB_ARCHIVE_REF when there is no such file */
  stream(name: string): AsyncIterable<Uint8Array>
}

export function noSuchFile(files: string, name: string): TsbuildError {
  return new TsbuildError('TSB_ARCHIVE_REF', `${files} has no file ${JSON.stringify(name)}, which it speaks of`, {
    hint: 'the archive is incomplete or was tampered with: save it again',
  })
}

/** Reads a whole file of at most `limit` bytes. */
export async function readAtMost(bytes: AsyncIterable<Uint8Array>, limit: number, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > limit) throw new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `${name} is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
