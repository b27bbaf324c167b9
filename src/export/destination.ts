import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { isSystemError, TsbuildError } from '../errors.ts'
import { whyNotWritten } from '../why-no-file.ts'
import { openAside } from './aside.ts'

/** Where an archive goes: a file, or a stream that stays open (`-o …,dest=-`). */
export type Destination =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stream'; readonly stream: NodeJS.WritableStream }

/**
 * Writes bytes to where they go. A file appears in one step when it is whole; a link in its place is replaced, not
 * followed. Devices and pipes are written to.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_EXPORT_WRITE, TSB_EXPORT_DEST; the reason of `signal`
 */
export async function writeTo(
  destination: Destination,
  bytes: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  if (destination.kind === 'stream') return writeStream(destination.stream, bytes, signal)
  await exporting(destination.path, async () => {
    if (await isFileOrNothing(destination.path)) await replaceFile(destination.path, bytes, signal)
    else await writeThrough(destination.path, bytes, signal)
  })
}

/** Puts a whole file at a path, by another name beside it first. */
export async function replaceFile(
  file: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const { path: aside, handle } = await openAside(file)
  try {
    await writeAll(handle, bytes, signal)
    await handle.datasync()
    await rename(aside, file)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

/** Says in terms of an export why something could not be written to `place`. */
export async function exporting<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isSystemError(error, 'ENOSPC', 'EDQUOT')) {
      const hint = 'free some space, or name a place on another disk'
      throw new TsbuildError('TSB_DISK_FULL', `no space left to write ${place}`, { cause: error, hint })
    }
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) {
      throw new TsbuildError(
        'TSB_EXPORT_WRITE',
        `cannot write ${place}: ${whyNotWritten(error, error.path ?? place)}`,
        {
          cause: error,
          hint: 'make the directory first, or name another place',
        },
      )
    }
    if (isSystemError(error, 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EIO', 'EFBIG', 'ENOTEMPTY', 'EEXIST')) {
      const hint = 'name a place that you may write to'
      throw new TsbuildError('TSB_EXPORT_WRITE', `cannot write ${place}: ${error.message}`, { cause: error, hint })
    }
    throw error
  }
}

/** Writes bytes to a stream that stays open. @throws {TsbuildError} TSB_EXPORT_WRITE when nobody reads them to their end */
export async function writeStream(
  stream: NodeJS.WritableStream,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await pipeline(bytes, stream, { end: false, ...(signal && { signal }) })
  } catch (error) {
    signal?.throwIfAborted()
    if (!isSystemError(error, 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE')) throw error
    throw new TsbuildError('TSB_EXPORT_WRITE', 'nobody reads the archive to its end', { cause: error })
  }
}

/** A directory is no place for an archive. */
async function isFileOrNothing(file: string): Promise<boolean> {
  try {
    const found = await stat(file)
    if (!found.isDirectory()) return found.isFile()
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true
    throw error
  }
  throw new TsbuildError('TSB_EXPORT_DEST', `${file} is a directory`, {
    hint: 'name a file, or add tar=false to write a directory',
  })
}

async function writeThrough(file: string, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  await using handle = await open(file, 'w')
  await writeAll(handle, bytes, signal)
}

async function writeAll(
  handle: FileHandle,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const chunk of bytes) {
    signal?.throwIfAborted()
    for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten
  }
}
