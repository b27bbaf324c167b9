import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFailure } from './failure.ts'

/** Bytes of pieces that one call writes: a call is a trip to a thread. */
const gathered = 1 << 20

/**
 * Writes bytes to a fresh file of a directory, which only its owner may read. Nothing is left of it when this fails, also
 * when the bytes do.
 * @param pieces `stay` when they are not written to by whoever gives them: then several are written by one call
 * @returns where it is
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_STORE_READ_ONLY
 */
export async function writeFresh(
  folder: string,
  bytes: AsyncIterable<Uint8Array>,
  pieces: 'stay' | 'go' = 'go',
): Promise<string> {
  const most = pieces === 'stay' ? gathered : 0
  const { path } = await withFreshFile(folder, async (file) => {
    let waiting: Uint8Array[] = []
    let size = 0
    for await (const piece of bytes) {
      waiting.push(piece)
      size += piece.length
      if (size < most) continue
      await writeAll(file, waiting)
      waiting = []
      size = 0
    }
    await writeAll(file, waiting)
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

/** A disk that is nearly full takes a part. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (let left = after(pieces, 0); left.length > 0; ) left = after(left, (await file.writev(left)).bytesWritten)
}

/** What is left of pieces behind so many bytes; none of it is empty. */
function after(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes
  return pieces.flatMap((piece) => {
    const left = piece.subarray(skip)
    skip = Math.max(0, skip - piece.length)
    return left.length > 0 ? [left] : []
  })
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
