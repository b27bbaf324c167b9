import { TsbuildError } from '../errors.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { archiveLimits, compressionLimits, decompress, readTar } from '../tree/index.ts'

/** When the newest regular file of an archive was changed, in seconds since 1970; undefined for what is no archive. */
export async function newestIn(
  bytes: AsyncIterable<Uint8Array>,
  limits: Limits = defaultLimits,
): Promise<number | undefined> {
  let newest: number | undefined
  try {
    for await (const { entry } of readTar(
      decompress(bytes, compressionLimits(limits)),
      'context',
      archiveLimits(limits),
    )) {
      if (entry.kind === 'file') newest = Math.max(newest ?? entry.mtime, entry.mtime)
    }
  } catch (error) {
    if (error instanceof TsbuildError && error.code.startsWith('TSB_ARCHIVE_')) return undefined
    throw error
  }
  return newest
}
