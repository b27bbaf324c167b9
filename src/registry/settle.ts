import { TsbuildError } from '../errors.ts'
import { drained, type Http, type Trusts } from '../http/index.ts'
import type { Certificates } from './certificates.ts'
import type { Endpoint } from './endpoint.ts'

/** Knows which scheme an endpoint speaks, where that is not said. */
export interface Settle {
  /** The endpoint with its scheme. */
  of(endpoint: Endpoint, signal: AbortSignal | undefined): Promise<Endpoint>
  /**
   * What is asked instead of an endpoint of this machine that refused plain HTTP and turns out to speak HTTPS; from then on
   * `of` gives that too. undefined: the error stands.
   */
  after(endpoint: Endpoint, error: unknown, signal: AbortSignal | undefined): Promise<Endpoint | undefined>
}

/**
 * HTTPS is for all, plain HTTP for this machine, as the endpoint has it already. But a registry of this machine with
 * certificates of its own speaks HTTPS, and one that is insecure, as somebody has said, is asked what it speaks: HTTPS first.
 */
export function openSettle(http: Http, certificates: Certificates): Settle {
  const asked = new Map<string, Promise<boolean>>()
  const isTls = ({ host, base }: Endpoint, signal: AbortSignal | undefined) => {
    const answer = asked.get(host) ?? speaksTls(http, base, signal)
    asked.set(host, answer)
    return answer
  }
  return {
    async of(endpoint, signal) {
      const { base, host, insecure, fixed } = endpoint
      if (fixed) return endpoint
      if (insecure) return withScheme(endpoint, (await isTls(endpoint, signal)) ? 'https:' : 'http:')
      const hasOwn = base.protocol === 'http:' && (await certificates(base.host)) !== undefined
      return hasOwn || (await asked.get(host)) ? withScheme(endpoint, 'https:') : endpoint
    },
    async after(endpoint, error, signal) {
      const { base, fixed, insecure } = endpoint
      const refused = error instanceof TsbuildError && error.code === 'TSB_REGISTRY_STATUS'
      if (!refused || fixed || insecure || base.protocol !== 'http:') return undefined
      return (await isTls(endpoint, signal)) ? withScheme(endpoint, 'https:') : undefined
    },
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
    await drained(response)
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
