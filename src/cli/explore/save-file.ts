import { randomUUID } from 'node:crypto'
import { constants, lstatSync } from 'node:fs'
import { copyFile, type FileHandle, link, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { isSystemError, TsbuildError } from '../../errors.ts'

/**
 * Writes a file of an image under its own name into a directory, where it takes the place of nothing. It appears when it is
 * whole.
 * @param mode its permission bits in the image
 * @returns where it is
 */
export async function saveFile(
  directory: string,
  file: string,
  mode: number,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<string> {
  const name = path.posix.basename(file)
  const place = path.join(directory, name)
  if (lstatSync(place, { throwIfNoEntry: false })) throw isThere(place)
  const aside = path.join(directory, `.${randomUUID()}.tmp`)
  try {
    await using opened = await open(aside, 'wx', mode & 0o777)
    await Promise.race([writeAll(opened, bytes), aborted(signal)])
    await nameNew(aside, place)
  } finally {
    await rm(aside, { force: true })
  }
  return place
}

async function writeAll(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
  }
}

/** Bytes that come from far may not come at all. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

async function nameNew(aside: string, place: string): Promise<void> {
  try {
    await link(aside, place)
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) throw isThere(place)
    // A file system without hard links.
    if (!isSystemError(error, 'EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP', 'EMLINK')) throw error
    await copyFile(aside, place, constants.COPYFILE_EXCL)
  }
}

function isThere(place: string): TsbuildError {
  return new TsbuildError('TSB_EXPORT_DEST', `${place} is there already`, { hint: 'tsbuild extract -o says where to' })
}
