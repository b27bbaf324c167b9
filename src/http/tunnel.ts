import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { TsbuildError } from '../errors.ts'
import { proxyHeaders } from './proxy.ts'
import type { TlsOptions } from './trust.ts'

/**
 * A connection to an https server that goes through a proxy (`CONNECT`): the proxy sees names and sizes, never contents.
 * @param idleMs milliseconds that the proxy may take to answer
 * @throws {TsbuildError} TSB_PROXY when the proxy does not let us through
 */
export async function openTunnel(
  proxy: URL,
  target: URL,
  trusted: TlsOptions,
  idleMs: number,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const socket = await connectThrough(proxy, `${target.hostname}:${target.port || '443'}`, idleMs, signal)
  const host = target.hostname.replace(/^\[|\]$/g, '')
  return connectTls({ socket, host, ...(isIP(host) === 0 && { servername: host }), ...trusted })
}

/** Where to connect for a proxy. */
export function proxyAddress({ protocol, hostname, port }: URL) {
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: port || (protocol === 'https:' ? '443' : '80') }
}

function connectThrough(proxy: URL, host: string, idleMs: number, signal: AbortSignal | undefined): Promise<Duplex> {
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest
  const headers = { host, ...proxyHeaders(proxy) }
  const options = { method: 'CONNECT', path: host, headers, agent: false, rejectUnauthorized: true } as const
  return new Promise((resolve, reject) => {
    const sent = request({ ...proxyAddress(proxy), ...options, ...(signal && { signal }) })
    const timer = setTimeout(() => sent.destroy(new ProxyIdleError(`no answer of the proxy ${proxy.host}`)), idleMs)
    sent.on('connect', ({ statusCode }, socket) => {
      clearTimeout(timer)
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(refusedByProxy(proxy, host, statusCode ?? 0))
    })
    sent.on('response', (response) => {
      clearTimeout(timer)
      response.destroy()
      reject(refusedByProxy(proxy, host, response.statusCode ?? 0))
    })
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(signal?.aborted ? signal.reason : error)
    })
    sent.end()
  })
}

class ProxyIdleError extends Error {
  readonly code = 'ETIMEDOUT'
}

function refusedByProxy(proxy: URL, host: string, status: number): TsbuildError {
  return new TsbuildError('TSB_PROXY', `the proxy ${proxy.host} does not connect to ${host}: it answers ${status}`, {
    hint:
      status === 407
        ? 'it wants a user: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT'
        : 'NO_PROXY names hosts that are asked without it',
  })
}
