import { type Login, type Logins, noLogins } from '../credentials/index.ts'
import { TsbuildError } from '../errors.ts'
import {
  drained,
  type Failures,
  follow,
  type Http,
  type HttpMessage,
  type HttpResponse,
  isSuccess,
  type Patience,
  readBody,
  retrying,
} from '../http/index.ts'
import { basicAnswer, bearerChallenge, type Challenge, readToken, type TokenLimits, tokenRequest } from './auth.ts'
import type { Endpoint } from './endpoint.ts'
import { type Asked, failuresOf } from './errors.ts'
import { isPushScope } from './scopes.ts'
import type { Warned } from './warnings.ts'

type Headers = Readonly<Record<string, string>>

/** Something that is asked of an endpoint beside reading. Its redirects are not followed. */
export interface Message {
  readonly method: HttpMessage['method']
  readonly url: URL
  /** For errors, without queries: `PUT app/manifests/1`. */
  readonly request: string
  readonly headers?: Headers
  /** Made anew for each try. `content-length` is one of the headers. */
  readonly body?: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** What a token has to allow: `repository:app:pull,push`. */
  readonly scopes: readonly string[]
  /** The registry has work to do before it can answer, the more the larger a blob is. */
  readonly slow?: boolean
  /** On a connection of its own. */
  readonly alone?: boolean
  /** Waited for before each try of `ask`, not before a token is asked for within one; the error that it throws ends them. */
  readonly before?: () => Promise<void>
}

/** How much longer than usual is waited for an answer that is slow. */
const slowly = 10

/**
 * Asks an endpoint for something below its repository: `manifests/22`, `blobs/sha256:…`. All throw TSB_IMAGE_NOT_FOUND,
 * TSB_REGISTRY_UNREACHABLE, TSB_REGISTRY_STATUS, TSB_REGISTRY_DENIED, TSB_AUTH_REALM, TSB_AUTH_PLAIN, TSB_URL_REDIRECT
 * and TSB_CONTENT_ENCODING.
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
  ): Promise<ReadDocument>
  /** One try, whatever the answer; only a 401 is met with a token. */
  send(endpoint: Endpoint, message: Message, signal: AbortSignal | undefined): Promise<HttpResponse>
  /** What failures of a request to an endpoint are called. */
  failures(endpoint: Endpoint, request: string, scopes: readonly string[]): Failures
  /** Tries until the answer is one that `wants` takes, from 200 to 299 when absent. Its body is thrown away. */
  ask(
    endpoint: Endpoint,
    message: Message,
    signal: AbortSignal | undefined,
    wants?: (status: number) => boolean,
  ): Promise<HttpResponse>
}

export interface ReadDocument {
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  /** Of the answer: `Link` is among them. */
  readonly headers: HttpResponse['headers']
}

/**
 * Tokens are kept by repository and by what they allow, for as long as the client lives.
 * @param warned told what a registry warns of
 */
export function openClient(
  http: Http,
  patience: Patience,
  limits: TokenLimits,
  logins: Logins = noLogins,
  warned: Warned = () => {},
): Client {
  const authorizations = new Map<string, string>()
  const sentLogins = new Map<string, Login>()

  const failures = (endpoint: Endpoint, request: string, scopes: readonly string[]) =>
    failuresOf({
      host: endpoint.host,
      request,
      pushing: scopes.some(isPushScope),
      as: () => sentLogins.get(endpoint.base.href),
    })

  async function fetchToken(
    endpoint: Endpoint,
    challenge: Challenge,
    scopes: readonly string[],
    login: Login | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const request = tokenRequest(endpoint, challenge, scopes, login)
    const { host } = request.url
    const isSent = request.headers['authorization'] !== undefined || request.body !== undefined
    if (isSent && login) sentLogins.set(endpoint.base.href, login)
    const asked: Asked = {
      host,
      request: `token for ${endpoint.host}${scopes.length > 0 ? `/${endpoint.repository}` : ''}`,
      pushing: scopes.some(isPushScope),
      tokenFor: endpoint.host,
      as: () => (isSent ? login : undefined),
    }
    return retrying(
      failuresOf(asked),
      patience,
      signal,
      () => http.send(request, signal),
      (response) => readToken(response, host, limits),
    )
  }

  /** What meets a 401, if anything does that is at hand. The connection serves again, for what is asked next. */
  async function answerTo(
    response: HttpResponse,
    endpoint: Endpoint,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const challenge = bearerChallenge(response)
    const login = await logins(endpoint.host, endpoint.repository)
    if (!challenge) {
      const answer = basicAnswer(endpoint, response, login)
      if (answer !== undefined && login) sentLogins.set(endpoint.base.href, login)
      return answer
    }
    await drained(response)
    return `Bearer ${await fetchToken(endpoint, challenge, scopes, login, signal)}`
  }

  /** Asks; when that is met by a 401, as also in the middle of something when a token has expired, asks once more. */
  async function authorized(
    endpoint: Endpoint,
    scopesFor: (response: HttpResponse) => readonly string[],
    key: string,
    signal: AbortSignal | undefined,
    once: (authorization: Headers) => Promise<{ readonly response: HttpResponse; readonly sameOrigin: boolean }>,
  ): Promise<HttpResponse> {
    const { href } = endpoint.base
    const known = authorizations.get(key) ?? authorizations.get(href)
    const { response, sameOrigin } = await once(headerOf(known))
    if (sameOrigin) warned(endpoint.host, response)
    if (response.status !== 401 || !sameOrigin) return response
    const fresh = await answerTo(response, endpoint, scopesFor(response), signal)
    if (fresh === undefined || (fresh === known && fresh.startsWith('Basic '))) return response
    const isPassword = fresh.startsWith('Basic ')
    if (isPassword) await drained(response)
    // A password allows the same whatever is asked for.
    authorizations.set(isPassword ? href : key, fresh)
    return (await once(headerOf(fresh))).response
  }

  function fetchFrom(endpoint: Endpoint, path: string, headers: Headers, signal: AbortSignal | undefined) {
    const url = new URL(path, endpoint.base)
    const usual = `repository:${endpoint.repository}:pull`
    const scopesFor = (response: HttpResponse) => [bearerChallenge(response)?.scope ?? usual]
    return authorized(endpoint, scopesFor, `${endpoint.base.href} ${usual}`, signal, (authorization) =>
      follow(http, url, { ...headers, ...authorization }, signal),
    )
  }

  function send(endpoint: Endpoint, message: Message, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const { method, url, headers = {}, body, scopes, slow, alone } = message
    const key = `${endpoint.base.href} ${scopes.join(' ')}`
    return authorized(
      endpoint,
      () => scopes,
      key,
      signal,
      async (authorization) => ({
        response: await http.send(
          {
            method,
            url,
            headers: { ...headers, ...authorization },
            admit: () => {},
            ...(body && { body: body() }),
            ...(slow && { answerMs: slowly * patience.idleMs }),
            alone,
          },
          signal,
        ),
        sameOrigin: url.origin === endpoint.base.origin,
      }),
    )
  }

  function take<T>(
    endpoint: Endpoint,
    path: string,
    headers: Headers,
    signal: AbortSignal | undefined,
    use: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    const failed = failures(endpoint, `GET ${endpoint.repository}/${path}`, [])
    const checked = (response: HttpResponse) => use(asItIs(response, `${endpoint.host}/${endpoint.repository}/${path}`))
    return retrying(failed, patience, signal, () => fetchFrom(endpoint, path, headers, signal), checked)
  }

  return {
    get: (endpoint, path, headers, signal) => take(endpoint, path, headers, signal, async (response) => response),
    read: (endpoint, path, { name, limit, accept }, signal) =>
      take(endpoint, path, accept === undefined ? {} : { accept }, signal, async (response) => ({
        bytes: await readBody(response, limit, name),
        contentType: response.headers['content-type'],
        headers: response.headers,
      })),
    send,
    failures,
    ask(endpoint, message, signal, wants = isSuccess) {
      const failed = failures(endpoint, message.request, message.scopes)
      const sent = async () => {
        await message.before?.()
        return send(endpoint, message, signal)
      }
      return retrying(failed, patience, signal, sent, drained, wants)
    },
  }
}

function headerOf(authorization: string | undefined): Headers {
  return authorization === undefined ? {} : { authorization }
}

/** Digest and size are those of the bytes as they are kept, so nothing may encode them on the way. */
function asItIs(response: HttpResponse, name: string): HttpResponse {
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return response
  response.discard()
  throw new TsbuildError('TSB_CONTENT_ENCODING', `${name} is sent ${encoding}-encoded, and was asked for as it is`)
}
