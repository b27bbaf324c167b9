import { type FileHandle, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isSystemError, TsbuildError } from '../../errors.ts'

/**
 * Writes a file of an image under its own name into a directory, where it takes the place of nothing.
 * @param mode its permission bits in the image
 * @returns where it is
 */
export async function saveFile(
  directory: string,
  file: string,
  mode: number,
  bytes: AsyncIterable<Uint8Array>,
): Promise<string> {
  const place = path.join(directory, path.posix.basename(file))
  const opened = await openNew(place, mode & 0o777)
  try {
    await pipeline(bytes, opened.createWriteStream())
  } catch (error) {
    await rm(place, { force: true })
    throw error
  }
  return place
}

async function openNew(place: string, mode: number): Promise<FileHandle> {
  try {
    return await open(place, 'wx', mode)
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error
    throw new TsbuildError('TSB_EXPORT_DEST', `${place} is there already`, { hint: 'tsbuild extract -o says where to' })
  }
}
