import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isSystemError, TsbuildError } from '../errors.ts'
import { type CompressionLimits, decompress, sniffCompression, sniffLength } from '../tree/index.ts'
import { readingArchive } from './damaged.ts'

/**
 * The path of an archive as a plain tar: its own, or that of a copy that is no longer compressed.
 * @throws {TsbuildError} TSB_DISK_FULL, TSB_ARCHIVE_… for one that is damaged
 */
export async function plainTar(
  path: string,
  temporary: (prefix: string) => Promise<string>,
  limits?: CompressionLimits,
): Promise<string> {
  if (!(await isCompressed(path))) return path
  const copy = join(await temporary('archive'), 'plain.tar')
  try {
    await readingArchive(path, () =>
      pipeline(decompress(createReadStream(path), limits), createWriteStream(copy, { mode: 0o600 })),
    )
  } catch (error) {
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) throw error
    const hint = 'free some space, or give --root, or TSBUILD_ROOT, a directory on another disk'
    throw new TsbuildError('TSB_DISK_FULL', `no space left to unpack ${path}`, { cause: error, hint })
  }
  return copy
}

async function isCompressed(path: string): Promise<boolean> {
  await using file = await open(path, 'r')
  const start = Buffer.alloc(sniffLength)
  await file.read(start, 0, sniffLength, 0)
  return sniffCompression(start) !== 'none'
}
