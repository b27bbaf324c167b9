import { isSystemError, TsbuildError } from '../../errors.ts'
import { type Failures, type HttpResponse, reasonOf, shownUrl } from '../../http/index.ts'
import { limitHint } from '../../limits.ts'
import type { ShelvedFile } from './shelf.ts'

/** What failures are called when a URL is asked for. Queries of signed URLs are secrets: none is shown. */
export function failuresOf(url: URL, known: ShelvedFile | undefined): Failures {
  return {
    host: url.host,
    unreachable: (cause, attempts) => unreachable(url, cause, attempts, known),
    refused(response, attempts) {
      response.discard()
      return refused(url, response, attempts)
    },
  }
}

export function checksumMismatch(url: URL, is: string, wanted: string): TsbuildError {
  const message = `digest mismatch for ${shownUrl(url)}: ${is} (expected: ${wanted})`
  return new TsbuildError('TSB_ADD_CHECKSUM', message, {
    hint: 'the file is not the one that --checksum is of: it was changed there, or on the way',
  })
}

export function tooLarge(url: URL, limit: number): TsbuildError {
  return new TsbuildError('TSB_HTTP_TOO_LARGE', `${shownUrl(url)} is larger than ${limit} bytes`, {
    hint: limitHint('archive-bytes'),
  })
}

function unreachable(url: URL, cause: unknown, attempts: number, known: ShelvedFile | undefined): TsbuildError {
  const message = `cannot fetch ${shownUrl(url)}: ${reasonOf(cause)}${times(attempts)}`
  const hint = known
    ? `what was fetched at ${known.fetched} is here, and is used without asking with --checksum=${known.digest}`
    : reachHint(cause)
  return new TsbuildError('TSB_HTTP_UNREACHABLE', message, { hint, cause })
}

function refused(url: URL, { status }: HttpResponse, attempts: number): TsbuildError {
  const message = `invalid response status ${status}: ${shownUrl(url)}${times(attempts)}`
  switch (status) {
    case 404:
    case 410:
      return new TsbuildError('TSB_HTTP_NOT_FOUND', message, { hint: 'there is no such file on the server' })
    case 401:
    case 403:
      return new TsbuildError('TSB_HTTP_DENIED', message, {
        hint: `the server wants to know who asks: --secret id=HTTP_AUTH_TOKEN_${url.hostname},src=FILE`,
      })
    default:
      return new TsbuildError('TSB_HTTP_STATUS', message)
  }
}

function times(attempts: number): string {
  return attempts > 1 ? ` (${attempts} attempts)` : ''
}

function reachHint(cause: unknown): string {
  if (isSystemError(cause, 'ECONNREFUSED')) return 'nothing listens there: is the server running?'
  if (isSystemError(cause, 'ENOTFOUND', 'EAI_AGAIN')) return 'check the name of the server and the network'
  return 'check the network; HTTPS_PROXY and HTTP_PROXY name a proxy'
}
