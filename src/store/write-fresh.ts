import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFailure } from './failure.ts'

/**
 * Writes bytes to a fresh file of a directory, which only its owner may read. Nothing is left of it when this fails, also
 * when the bytes do.
 * @returns where it is
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY
 */
export async function writeFresh(folder: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const path = join(folder, randomBytes(8).toString('hex'))
  let written = 0
  try {
    await using file = await open(path, 'wx', 0o600)
    for await (const chunk of bytes) {
      for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten
      written += chunk.length
    }
    return path
  } catch (error) {
    await rm(path, { force: true })
    throw await writeFailure(error, path, written)
  }
}
