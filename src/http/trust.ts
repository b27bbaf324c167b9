import { Agent } from 'node:https'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/** What is known of a server beside what everybody knows: who vouches for it, and who we are to it. PEM. */
export interface Trust {
  /** Vouch for it, beside those that vouch for all. */
  readonly authorities: readonly string[]
  /** What we show when it asks who we are. */
  readonly client?: { readonly certificate: string; readonly key: string } | undefined
  /** Its certificate is not looked at: somebody said so for this very server. */
  readonly unchecked?: boolean
}

/** What is known of the server of a URL; undefined: nothing more than of any other. */
export type Trusts = (url: URL) => Promise<Trust | undefined>

/** Every server has to have a certificate of those that vouch for all. */
export const noTrusts: Trusts = async () => undefined

/** Of a TLS connection. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  readonly secureContext?: SecureContext
}

/** Connections that stay open for the next request, apart by whom they trust. */
export interface TlsAgents {
  /** @throws what OpenSSL says of certificates that are none */
  of(trust: Trust | undefined): { readonly agent: Agent; readonly options: TlsOptions }
  close(): void
}

/** Reading all that vouch takes 10 ms of a processor, and is done once for each trust. */
export function openTlsAgents(): TlsAgents {
  const agents = new Map<string, { readonly agent: Agent; readonly options: TlsOptions }>()
  return {
    of(trust) {
      const key = JSON.stringify(trust ?? null)
      const found = agents.get(key) ?? { options: tlsOptions(trust), agent: new Agent({ keepAlive: true }) }
      agents.set(key, found)
      return found
    },
    close() {
      for (const { agent } of agents.values()) agent.destroy()
    },
  }
}

/**
 * Certificates are checked, whatever the environment says. A `ca` of one's own takes the place of all that Node believes,
 * `NODE_EXTRA_CA_CERTS` included.
 */
function tlsOptions(trust: Trust | undefined): TlsOptions {
  const { authorities = [], client, unchecked = false } = trust ?? {}
  if (authorities.length === 0 && !client) return { rejectUnauthorized: !unchecked }
  const secureContext = createSecureContext({
    ...(authorities.length > 0 && { ca: [...getCACertificates('default'), ...authorities] }),
    ...(client && { cert: client.certificate, key: client.key }),
  })
  return { rejectUnauthorized: !unchecked, secureContext }
}
