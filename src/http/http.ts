import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isSystemError, TsbuildError } from '../errors.ts'
import { defaultLimits, type LimitName, type Limits, limitHint } from '../limits.ts'
import { literalNeighbourhood, type Neighbourhood, neighbourhoodOf } from './address.ts'
import { asAway, IdleError } from './broken.ts'
import { withIdleLimit } from './idle-limit.ts'
import { noProxies, type Proxies, proxyHeaders } from './proxy.ts'
import { noTrusts, openTlsAgents, type TlsOptions, type Trusts } from './trust.ts'
import { openTunnel, proxyAddress } from './tunnel.ts'

/** One request, without redirects. */
export interface HttpRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /**
   * Called with where the host lies before anything is sent there. Throws to forbid it. Behind a proxy only what is
   * written as an address is known.
   */
  readonly admit: (neighbourhood: Neighbourhood) => void
  /** The server whose certificates serve for this one too; absent: those for `url`. */
  readonly trustAs?: URL | undefined
}

/** A request that may change something, with a body perhaps. */
export interface HttpMessage extends HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /**
   * Exactly as many bytes as `content-length` of the headers says, in pieces that stay as they are. An error that it throws
   * ends the request.
   */
  readonly body?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** Milliseconds without an answer, once the body was sent, after which it is given up; absent: the idle limit. */
  readonly answerMs?: number | undefined
  /** On a connection that serves nothing before it and nothing after it. */
  readonly alone?: boolean | undefined
}

export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Ends with an error when the sender stops before the end, or says nothing for the idle limit. */
  readonly body: AsyncIterable<Uint8Array>
  /** Gives the connection up; to be called when the body is not read to its end. */
  discard(): void
}

/** Sends requests over connections that are kept open in between. */
export interface Http {
  get(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResponse>
  /** How many redirects are followed from one URL. */
  readonly redirects: number
  /** As `get`. An answer may come before all of the body was sent; the rest of it is let be then. */
  send(message: HttpMessage, signal: AbortSignal | undefined): Promise<HttpResponse>
  close(): void
}

export interface HttpSettings {
  readonly proxies?: Proxies | undefined
  /** Whose certificates are taken. */
  readonly trusts?: Trusts | undefined
  /** What answers may ask for. */
  readonly limits?: Pick<Limits, 'header-bytes' | 'redirects'> | undefined
}

/**
 * HTTP as a builder needs it: no redirects, no decompression, certificates always checked (also when the environment says
 * otherwise). Of a host that has answered before, being away is a failure that may pass (`isTransient`). What was asked on a
 * connection that the server has closed meanwhile is asked again at once.
 * @param idleMs milliseconds without a byte after which a sender is given up
 * @throws {TsbuildError} from what it sends: TSB_HTTP_HEADER for a header above `header-bytes`
 */
export function openHttp(
  userAgent: string,
  idleMs: number,
  { proxies = noProxies, trusts = noTrusts, limits = defaultLimits }: HttpSettings = {},
): Http {
  const plain = new Agent({ keepAlive: true })
  const tls = openTlsAgents()
  const answered = new Set<string>()
  async function send(message: HttpMessage, signal: AbortSignal | undefined) {
    const { host } = message.url
    try {
      const response = await sendOnce(message, signal)
      answered.add(host)
      return response
    } catch (error) {
      throw answered.has(host) ? asAway(error) : error
    }
  }
  async function sendOnce(message: HttpMessage, signal: AbortSignal | undefined) {
    const { url, headers, admit, method, body = [], answerMs = idleMs, alone, trustAs = url } = message
    const literal = literalNeighbourhood(url.hostname)
    if (literal) admit(literal)
    const options: RequestOptions = {
      method,
      headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...headers },
      // Node takes one less than this of status text, names and values.
      maxHeaderSize: limits['header-bytes'] + 1,
      ...(signal && { signal }),
    }
    const trusted = url.protocol === 'https:' ? tls.of(await trusts(trustAs)) : undefined
    const proxy = proxies(url)
    const taken = (sent: ClientRequest) =>
      answerTo(sent, body, idleMs, answerMs, signal).catch((error: unknown) => {
        throw isSystemError(error, 'HPE_HEADER_OVERFLOW') ? headerError(url, limits['header-bytes'], error) : error
      })
    if (proxy) return taken(await requestThrough(proxy, url, options, trusted?.options, idleMs, signal))
    const direct = { ...options, lookup: admittingLookup(admit) }
    const start = () =>
      trusted
        ? httpsRequest(url, { ...direct, agent: alone ? false : trusted.agent, ...trusted.options })
        : httpRequest(url, { ...direct, agent: alone ? false : plain })
    for (;;) {
      const sent = start()
      try {
        return await taken(sent)
      } catch (error) {
        signal?.throwIfAborted()
        if (!isStale(sent, error) || !(method === 'GET' || method === 'HEAD')) throw error
      }
    }
  }
  return {
    redirects: limits.redirects,
    get: (request, signal) => send({ ...request, method: 'GET' }, signal),
    send,
    close() {
      plain.destroy()
      tls.close()
    },
  }
}

/** A server may have closed a connection that was kept while the request was on its way. */
function isStale(sent: ClientRequest, error: unknown): boolean {
  return sent.reusedSocket && isSystemError(error, 'ECONNRESET', 'EPIPE')
}

/**
 * Reads a whole body of at most `limit` bytes.
 * @param raisedBy the limit that it is, for the hint
 * @throws {TsbuildError} TSB_DOCUMENT_TOO_LARGE
 */
export async function readBody(
  response: HttpResponse,
  limit: number,
  name: string,
  raisedBy?: LimitName,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    chunks.push(chunk)
    size += chunk.length
    if (size > limit) {
      const hint = raisedBy && limitHint(raisedBy)
      throw new TsbuildError('TSB_DOCUMENT_TOO_LARGE', `${name} is larger than ${limit} bytes`, { hint })
    }
  }
  return Buffer.concat(chunks)
}

/** A proxy is told the whole URL of what is not secret, and connects to the server of what is. */
async function requestThrough(
  proxy: URL,
  url: URL,
  options: RequestOptions,
  trusted: TlsOptions | undefined,
  idleMs: number,
  signal: AbortSignal | undefined,
): Promise<ClientRequest> {
  if (trusted) {
    const socket = await openTunnel(proxy, url, trusted, idleMs, signal)
    return httpsRequest(url, { ...options, createConnection: () => socket })
  }
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest
  const path = `http://${url.host}${url.pathname}${url.search}`
  const headers = { ...options.headers, host: url.host, ...proxyHeaders(proxy) }
  return request({ ...options, ...proxyAddress(proxy), path, headers, agent: false, rejectUnauthorized: true })
}

function answerTo(
  sent: ClientRequest,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  idleMs: number,
  answerMs: number,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const start = (ms: number) => setTimeout(() => sent.destroy(new IdleError('answer', ms)), ms)
    let timer = start(idleMs)
    let answered = false
    sent.on('response', (message) => {
      answered = true
      clearTimeout(timer)
      // Of a connection on which a body was broken off nobody can make another use.
      message.once('close', () => sent.writableEnded || sent.destroy())
      resolve(responseOf(message, idleMs))
    })
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(signal?.aborted ? signal.reason : error)
    })
    // A body that is taken is as good as an answer: the time without one begins again.
    const isWanted = () => !answered && !sent.destroyed
    const allSent = () => {
      if (!isWanted()) return
      clearTimeout(timer)
      timer = start(answerMs)
    }
    sendBody(sent, body, isWanted, () => isWanted() && timer.refresh()).then(allSent, (error: unknown) => {
      reject(error)
      sent.destroy()
    })
  })
}

async function sendBody(
  sent: ClientRequest,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  isWanted: () => boolean,
  moved: () => void,
): Promise<void> {
  for await (const chunk of body) {
    if (!isWanted()) return
    if (!sent.write(chunk)) await roomIn(sent)
    moved()
  }
  await new Promise<void>((done) => sent.once('close', done).end(done))
}

/** Until more can be written, or nothing can or need be any more. */
function roomIn(sent: ClientRequest): Promise<void> {
  const events = ['drain', 'close', 'response']
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) sent.off(event, done)
      resolve()
    }
    for (const event of events) sent.on(event, done)
  })
}

function headerError({ host }: URL, limit: number, cause: Error): TsbuildError {
  return new TsbuildError('TSB_HTTP_HEADER', `${host} sends a header of more than ${limit} bytes`, {
    hint: limitHint('header-bytes'),
    cause,
  })
}

function responseOf(message: IncomingMessage, idleMs: number): HttpResponse {
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    body: withIdleLimit(message, idleMs),
    discard: () => message.destroy(),
  }
}

/** Looks a name up, and asks before the first of its addresses is used. */
function admittingLookup(admit: (neighbourhood: Neighbourhood) => void): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, options, (error: Error | null, found: string | LookupAddress[], family?: number) => {
      try {
        if (!error) for (const address of addressesOf(found)) admit(neighbourhoodOf(address))
        callback(error as NodeJS.ErrnoException | null, found, family)
      } catch (refusal) {
        callback(refusal as NodeJS.ErrnoException, found, family)
      }
    })
  }
}

function addressesOf(found: string | LookupAddress[]): readonly string[] {
  return typeof found === 'string' ? [found] : found.map(({ address }) => address)
}
