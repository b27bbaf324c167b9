import { rm } from 'node:fs/promises'
import { parseDigest } from '../../digest/index.ts'
import type { HttpOp } from '../../graph/index.ts'
import type { HttpResponse } from '../../http/index.ts'
import { writeFresh } from '../../store/index.ts'
import type { RemoteOptions } from '../remotes.ts'
import type { HttpLimits } from './ask.ts'
import { fileIn, measured } from './body.ts'
import { algorithmOf } from './checksum.ts'
import { checksumMismatch } from './failures.ts'
import { parseHttpDate, strongDate } from './last-modified.ts'
import type { Received, Shelf, ShelvedFile } from './shelf.ts'

/** Longer ones are not worth sending back. */
const longestEtag = 1024

/**
 * Writes what an answer holds to a file, checked on the way; only one that is right is put on the shelf.
 * @throws {TsbuildError} TSB_ADD_CHECKSUM, TSB_HTTP_TOO_LARGE, TSB_ARCHIVE_…, TSB_DISK_FULL
 */
export async function receive(
  response: HttpResponse,
  source: HttpOp,
  limits: Omit<HttpLimits, 'patience'>,
  shelf: Shelf,
  options: RemoteOptions,
  signal: AbortSignal,
): Promise<ShelvedFile> {
  const url = new URL(source.url)
  const aside = await options.temporary('http')
  try {
    const main = measured(fileIn(response, url, limits), 'sha256')
    const wanted = source.checksum
    const checked = wanted === undefined ? main : measured(main.bytes, algorithmOf(wanted))
    const file = await writeFresh(aside, checked.bytes)
    const digest = main.digest()
    const is = wanted === undefined || wanted.startsWith('sha256:') ? digest : checked.digest()
    if (wanted !== undefined && is !== wanted) throw checksumMismatch(url, is, wanted)
    const received = { digest: parseDigest(digest), size: main.size(), ...saidIn(response, options.now()) }
    return await shelf.put(source.url, file, received, aside, signal)
  } finally {
    response.discard()
    await rm(aside, { recursive: true, force: true })
  }
}

function saidIn({ headers }: HttpResponse, now: number): Omit<Received, 'digest' | 'size'> {
  const { etag, date } = headers
  const lastModified = headers['last-modified']
  const modified = parseHttpDate(lastModified)
  const since = strongDate(lastModified, date)
  return {
    ...(modified !== undefined && { modified }),
    ...(etag !== undefined && etag.length <= longestEtag && { etag }),
    ...(since !== undefined && { since }),
    fetched: new Date(now).toISOString(),
  }
}
