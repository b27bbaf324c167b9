import path from 'node:path'
import { sha256 } from '../../digest/index.ts'
import type { HttpOp } from '../../graph/index.ts'
import {
  defaultPatience,
  follow,
  type HttpResponse,
  openHttp,
  type Patience,
  proxiesOf,
  retrying,
} from '../../http/index.ts'
import { defaultCompressionLimits } from '../../tree/index.ts'
import type { RemoteOptions, Remotes } from '../remotes.ts'
import { authorizationFor } from './authorization.ts'
import { algorithmOf, checksumOf, requireChecksum } from './checksum.ts'
import { failuresOf } from './failures.ts'
import { receive } from './receive.ts'
import { openShelf, type ShelvedFile } from './shelf.ts'

/** How long a server is borne with, and how many bytes a file may have. */
export interface HttpLimits {
  readonly patience: Patience
  readonly bytes: number
}

const defaultLimits: HttpLimits = { patience: defaultPatience, bytes: defaultCompressionLimits.unpackedBytes }

/**
 * Fetches files by http and https, and keeps them. One that is here is used when the server says that it has no other; with
 * a checksum, without asking. Who waits for another to fetch the same URL takes what that one got.
 */
export function openHttpFiles(options: RemoteOptions, limits = defaultLimits): Remotes['http'] {
  const http = openHttp('tsbuild', limits.patience.idleMs, proxiesOf(options.env))
  const shelf = openShelf(path.join(options.folder, 'http'), options.locked)

  return async (source, login, signal) => {
    const before = await shelf.find(source.url)
    if (before && (await isPinned(before, source))) return before
    const url = new URL(source.url)
    const authorization = await authorizationFor(url, login, options.secret)
    return options.locked(`http ${sha256(source.url)}`, () => fetchOnce(), signal)

    async function fetchOnce(): Promise<ShelvedFile> {
      const known = await shelf.find(source.url)
      const isNew = known !== undefined && known.fetched !== before?.fetched
      return isNew ? requireChecksum(known, source.checksum, url) : ask(known)
    }

    function ask(known: ShelvedFile | undefined): Promise<ShelvedFile> {
      const headers = { ...(authorization !== undefined && { authorization }), ...conditions(known) }
      const plain = source.checksum === undefined ? 'refused' : 'taken'
      return retrying(
        failuresOf(url, known),
        limits.patience,
        signal,
        async () => (await follow(http, url, headers, signal, plain)).response,
        async (response) => {
          if (!known || !isUnchanged(response, known)) {
            return receive(response, source, limits.bytes, shelf, options, signal)
          }
          response.discard()
          return requireChecksum(known, source.checksum, url)
        },
        (status) => isFile(status) || (status === 304 && known !== undefined),
      )
    }
  }
}

async function isPinned(file: ShelvedFile, { checksum }: HttpOp): Promise<boolean> {
  return checksum !== undefined && (await checksumOf(file, algorithmOf(checksum))) === checksum
}

/** How the server is asked for the file only if it has another. */
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
