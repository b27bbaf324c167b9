import type { Http, Trusts } from '../http/index.ts'
import type { Certificates } from './certificates.ts'
import type { Endpoint } from './endpoint.ts'

/** Gives an endpoint the scheme that it speaks, where that is not said. */
export type Settle = (endpoint: Endpoint, signal: AbortSignal | undefined) => Promise<Endpoint>

/**
 * HTTPS is for all, plain HTTP for this machine, as the endpoint has it already. But a registry of this machine with
 * certificates of its own speaks HTTPS, and one that is insecure, as somebody has said, is asked what it speaks: HTTPS first.
 */
export function openSettle(http: Http, certificates: Certificates): Settle {
  const asked = new Map<string, Promise<boolean>>()
  return async (endpoint, signal) => {
    const { base, host, insecure, fixed } = endpoint
    if (fixed) return endpoint
    const isTls = () => {
      const answer = asked.get(host) ?? speaksTls(http, base, signal)
      asked.set(host, answer)
      return answer
    }
    if (insecure) return withScheme(endpoint, (await isTls()) ? 'https:' : 'http:')
    const hasOwn = base.protocol === 'http:' && (await certificates(base.host)) !== undefined
    return hasOwn ? withScheme(endpoint, 'https:') : endpoint
  }
}

/** What is known of servers: their certificates, and that those of insecure ones are not looked at. */
export function trustsOf(certificates: Certificates, insecure: (host: string) => boolean): Trusts {
  return async ({ host }) => {
    const own = await certificates(host)
    return insecure(host) ? { authorities: [], ...own, unchecked: true } : own
  }
}

/** A server that speaks no TLS says what is none, or hangs up. Any other failure is for the request that follows. */
async function speaksTls(http: Http, base: URL, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const url = new URL('/v2/', `https://${base.host}`)
    const response = await http.get({ url, headers: {}, admit: () => {} }, signal)
    response.discard()
    return true
  } catch (error) {
    signal?.throwIfAborted()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return !/^(EPROTO|ECONNREFUSED|ECONNRESET|ERR_SSL_)/.test(code)
  }
}

function withScheme(endpoint: Endpoint, scheme: 'http:' | 'https:'): Endpoint {
  return { ...endpoint, base: new URL(`${scheme}//${endpoint.base.host}${endpoint.base.pathname}`) }
}
