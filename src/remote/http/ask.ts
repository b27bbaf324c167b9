import type { HttpOp } from '../../graph/index.ts'
import { follow, type Http, type HttpResponse, type Patience, retrying } from '../../http/index.ts'
import type { CompressionLimits } from '../../tree/index.ts'
import type { RemoteOptions } from '../remotes.ts'
import { requireChecksum } from './checksum.ts'
import { failuresOf } from './failures.ts'
import { receive } from './receive.ts'
import type { Shelf, ShelvedFile } from './shelf.ts'

/** How long a server is borne with, and how many bytes a file may have. */
export interface HttpLimits {
  readonly patience: Patience
  readonly bytes: number
  /** Of an answer that is packed for the way. */
  readonly unpacking: CompressionLimits
}

/** What asking needs. */
export interface AskPorts {
  readonly http: Http
  readonly shelf: Shelf
  readonly limits: HttpLimits
  readonly options: RemoteOptions
}

/**
 * Asks the server of a URL for its file; when one is known that came from there, on the condition that it has another.
 * @param authorization who asks, for the server of the URL alone
 * @throws {TsbuildError} TSB_HTTP_…, TSB_URL_REDIRECT, TSB_PROXY, TSB_ADD_CHECKSUM, TSB_ARCHIVE_…, TSB_DISK_FULL
 */
export async function ask(
  source: HttpOp,
  known: ShelvedFile | undefined,
  authorization: string | undefined,
  { http, shelf, limits, options }: AskPorts,
  signal: AbortSignal,
): Promise<ShelvedFile> {
  signal.throwIfAborted()
  const url = new URL(source.url)
  const headers = { ...(authorization !== undefined && { authorization }), ...conditions(known) }
  const plain = source.checksum === undefined ? 'refused' : 'taken'
  return retrying(
    failuresOf(url, known),
    limits.patience,
    signal,
    async () => (await follow(http, url, headers, signal, plain)).response,
    async (response) => {
      if (!known || !isUnchanged(response, known)) {
        return receive(response, source, limits, shelf, options, signal)
      }
      response.discard()
      return requireChecksum(known, source.checksum, url)
    },
    (status) => isFile(status) || (status === 304 && known !== undefined),
  )
}

function conditions(known: ShelvedFile | undefined): Readonly<Record<string, string>> {
  if (known?.etag !== undefined) return { 'if-none-match': known.etag }
  return known?.since === undefined ? {} : { 'if-modified-since': known.since }
}

/** Some servers have an ETag and send the file all the same; a weak one may stand for other bytes. */
function isUnchanged({ status, headers }: HttpResponse, { etag }: ShelvedFile): boolean {
  return status === 304 || (headers.etag === etag && etag?.startsWith('"') === true)
}

/** Success, but for a part of a file, which nobody asked for. */
function isFile(status: number): boolean {
  return status >= 200 && status < 300 && status !== 206
}
