import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type Files, noSuchFile, readAtMost } from './files.ts'

/** The files of a folder. A link in place of a file is refused: it could lead anywhere. */
export function folderFiles(folder: string): Files {
  async function* stream(name: string): AsyncIterable<Uint8Array> {
    await using file = await openFile(folder, name)
    yield* file.createReadStream({ autoClose: false })
  }
  return {
    name: folder,
    async has(name) {
      try {
        await using _ = await openFile(folder, name)
        return true
      } catch (error) {
        if (error instanceof TsbuildError && error.code === 'TSB_ARCHIVE_REF') return false
        throw error
      }
    },
    read: (name, limit) => readAtMost(stream(name), limit, join(folder, name)),
    stream,
  }
}

async function openFile(folder: string, name: string): Promise<FileHandle> {
  const path = join(folder, name)
  const file = await openPlain(path, folder, name)
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw noPlainFile(path)
}

/** Does not wait for the other end of a fifo. */
async function openPlain(path: string, folder: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) throw noSuchFile(folder, name)
    if (isSystemError(error, 'ELOOP', 'ENXIO')) throw noPlainFile(path)
    throw new TsbuildError('TSB_ARCHIVE_READ', `cannot read ${path}`, { cause: error })
  }
}

function noPlainFile(path: string): TsbuildError {
  return new TsbuildError('TSB_ARCHIVE_LINK', `${path} is a link or special file, and a plain file is wanted`)
}
