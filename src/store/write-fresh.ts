import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFailure } from './failure.ts'

/**
 * Writes bytes to a fresh file of a directory, which only its owner may read. Nothing is left of it when this fails, also
 * when the bytes do.
 * @returns where it is
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY
 */
export async function writeFresh(folder: string, bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const { path } = await withFreshFile(folder, async (file) => {
    for await (const chunk of bytes) {
      for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten
    }
  })
  return path
}

/** As `writeFresh`, for a writer that wants the file itself. Closed at the end. */
export async function withFreshFile<T>(
  folder: string,
  write: (file: FileHandle) => Promise<T>,
): Promise<{ readonly path: string; readonly result: T }> {
  const path = join(folder, randomBytes(8).toString('hex'))
  try {
    await using file = await open(path, 'wx', 0o600)
    return { path, result: await write(file) }
  } catch (error) {
    const written = await sizeOf(path)
    await rm(path, { force: true })
    throw await writeFailure(error, path, written, true)
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
