import { TsbuildError } from '../errors.ts'
import { follow, type Http, type HttpResponse, type Patience, readBody, retrying } from '../http/index.ts'
import { bearerChallenge, type Challenge, readToken, type TokenLimits, tokenRequest } from './auth.ts'
import type { Endpoint } from './endpoint.ts'
import { failuresOf } from './errors.ts'

type Headers = Readonly<Record<string, string>>

/**
 * Asks an endpoint for something below its repository: `manifests/22`, `blobs/sha256:…`. Both throw TSB_IMAGE_NOT_FOUND,
 * TSB_REGISTRY_UNREACHABLE, TSB_REGISTRY_STATUS, TSB_REGISTRY_DENIED, TSB_AUTH_REALM, TSB_URL_REDIRECT and
 * TSB_CONTENT_ENCODING.
 */
export interface Client {
  /** An answer with a status from 200 to 299, its body not read yet. */
  get(endpoint: Endpoint, path: string, headers: Headers, signal: AbortSignal | undefined): Promise<HttpResponse>
  /** A whole document. @throws {TsbuildError} TSB_DOCUMENT_TOO_LARGE above `limit` bytes */
  read(
    endpoint: Endpoint,
    path: string,
    document: { readonly name: string; readonly limit: number; readonly accept?: string },
    signal: AbortSignal | undefined,
  ): Promise<{ readonly bytes: Uint8Array; readonly contentType: string | undefined }>
}

/** Tokens are kept by repository for as long as the client lives. */
export function openClient(http: Http, patience: Patience, limits: TokenLimits): Client {
  const tokens = new Map<string, string>()

  async function fetchToken(
    endpoint: Endpoint,
    challenge: Challenge,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const request = tokenRequest(endpoint, challenge)
    const { host } = request.url
    const asked = { host, request: `token for ${endpoint.host}/${endpoint.repository}` }
    return retrying(
      failuresOf(asked),
      patience,
      signal,
      () => http.get(request, signal),
      (response) => readToken(response, host, limits),
    )
  }

  async function send(endpoint: Endpoint, path: string, headers: Headers, signal: AbortSignal | undefined) {
    const url = new URL(path, endpoint.base)
    const token = tokens.get(endpoint.base.href)
    const { response, sameOrigin } = await follow(http, url, withToken(headers, token), signal)
    const challenge = response.status === 401 && sameOrigin ? bearerChallenge(response) : undefined
    if (!challenge) return response
    response.discard()
    const fresh = await fetchToken(endpoint, challenge, signal)
    tokens.set(endpoint.base.href, fresh)
    return (await follow(http, url, withToken(headers, fresh), signal)).response
  }

  function ask<T>(
    endpoint: Endpoint,
    path: string,
    headers: Headers,
    signal: AbortSignal | undefined,
    take: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    const asked = { host: endpoint.host, request: `GET ${endpoint.repository}/${path}` }
    const checked = (response: HttpResponse) =>
      take(asItIs(response, `${endpoint.host}/${endpoint.repository}/${path}`))
    return retrying(failuresOf(asked), patience, signal, () => send(endpoint, path, headers, signal), checked)
  }

  return {
    get: (endpoint, path, headers, signal) => ask(endpoint, path, headers, signal, async (response) => response),
    read: (endpoint, path, { name, limit, accept }, signal) =>
      ask(endpoint, path, accept === undefined ? {} : { accept }, signal, async (response) => ({
        bytes: await readBody(response, limit, name),
        contentType: response.headers['content-type'],
      })),
  }
}

function withToken(headers: Headers, token: string | undefined): Headers {
  return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
}

/** Digest and size are those of the bytes as they are kept, so nothing may encode them on the way. */
function asItIs(response: HttpResponse, name: string): HttpResponse {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return response
  response.discard()
  throw new TsbuildError('TSB_CONTENT_ENCODING', `${name} is sent ${encoding}-encoded, and was asked for as it is`)
}
