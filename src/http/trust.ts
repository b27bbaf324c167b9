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

export type TlsOptions = Awaited<ReturnType<typeof tlsOptions>>

/** The options of a TLS connection. Certificates are checked, whatever the environment says. */
export async function tlsOptions(trust: Trust | undefined) {
  const { authorities = [], client, unchecked = false } = trust ?? {}
  return {
    rejectUnauthorized: !unchecked,
    ...(authorities.length > 0 && { ca: [...(await known()), ...authorities] }),
    ...(client && { cert: client.certificate, key: client.key }),
  }
}

/** Whom Node believes, `NODE_EXTRA_CA_CERTS` included: a `ca` of one's own takes the place of all of them. */
async function known(): Promise<readonly string[]> {
  const { getCACertificates } = await import('node:tls')
  return getCACertificates('default')
}
