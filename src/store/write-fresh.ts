import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
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

/** The same for bytes that are here, which are few. */
export async function writeFreshAtOnce(folder: string, bytes: Uint8Array): Promise<string> {
  const path = freshPath(folder)
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
    return path
  } catch (error) {
    throw await failureAt(path, error)
  }
}

/** As `writeFresh`, for a writer that wants the file itself. Closed at the end. */
export async function withFreshFile<T>(
  folder: string,
  write: (file: FileHandle) => Promise<T>,
): Promise<{ readonly path: string; readonly result: T }> {
  const path = freshPath(folder)
  try {
    await using file = await open(path, 'wx', 0o600)
    return { path, result: await write(file) }
  } catch (error) {
    throw await failureAt(path, error)
  }
}

function freshPath(folder: string): string {
  return join(folder, randomBytes(8).toString('hex'))
}

async function failureAt(path: string, error: unknown): Promise<unknown> {
  const written = await sizeOf(path)
  await rm(path, { force: true })
  return writeFailure(error, path, written, true)
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}
