import { TsbuildError } from '../errors.ts'
import { type HttpRequest, type HttpResponse, isLoopbackHost, readBody } from '../http/index.ts'
import { parseJson } from '../image/index.ts'
import type { Endpoint } from './endpoint.ts'

/** What a registry wants to see: `Bearer realm="…",service="…",scope="…"`. */
export interface Challenge {
  readonly realm: string
  readonly service?: string
  readonly scope?: string
}

/** What the answer of a token server may ask for: bytes, and how deep it nests. */
export interface TokenLimits {
  readonly bytes: number
  readonly depth: number
}

/** Token servers of other domains that are known to belong to a registry. */
const knownRealms: ReadonlyMap<string, string> = new Map([['lscr.io', 'ghcr.io']])

/** The challenge of a 401, when it can be met without credentials. */
export function bearerChallenge(response: HttpResponse): Challenge | undefined {
  const header = response.headers['www-authenticate']
  if (header === undefined || !/^bearer\s/i.test(header)) return undefined
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, bare] of header.matchAll(/([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi))
    parameters.set(name.toLowerCase(), quoted ?? bare ?? '')
  const [realm, service, scope] = ['realm', 'service', 'scope'].map((name) => parameters.get(name))
  return realm ? { realm, ...(service && { service }), ...(scope && { scope }) } : undefined
}

/**
 * The request for a token to pull anonymously.
 * @throws {TsbuildError} TSB_AUTH_REALM when the challenge points to somebody else's server
 */
export function tokenRequest(endpoint: Endpoint, challenge: Challenge): HttpRequest {
  const url = realmUrl(endpoint, challenge.realm)
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  url.searchParams.set('scope', challenge.scope ?? `repository:${endpoint.repository}:pull`)
  const local = isLoopbackHost(endpoint.base.hostname)
  return {
    url,
    headers: { accept: 'application/json' },
    admit(to) {
      if (!local && (to === 'loopback' || to === 'link-local')) throw realmError(endpoint, url)
    },
  }
}

/** @throws {TsbuildError} TSB_REGISTRY_DENIED when the answer holds no token; TSB_DOCUMENT_TOO_LARGE */
export async function readToken(response: HttpResponse, host: string, limits: TokenLimits): Promise<string> {
  const name = `the token of ${host}`
  const bytes = await readBody(response, limits.bytes, name, 'token-bytes')
  const answer = parseJson(bytes, name, limits.bytes, limits.depth)
  const members = new Map<string, unknown>(Object.entries(Object(answer)))
  const token = members.get('token') ?? members.get('access_token')
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  throw new TsbuildError('TSB_REGISTRY_DENIED', `${host} gives no token to pull without credentials`)
}

/** The token server must speak https (or be on this machine, as the registry is) and belong to the registry's domain. */
function realmUrl(endpoint: Endpoint, realm: string): URL {
  if (!URL.canParse(realm)) throw realmError(endpoint, undefined)
  const url = new URL(realm)
  const registry = endpoint.base
  const local = registry.protocol === 'http:' && url.protocol === 'http:' && url.hostname === registry.hostname
  const related = url.protocol === 'https:' && isRelated(registry.hostname, url.hostname)
  if ((!local && !related) || url.username !== '' || url.password !== '') throw realmError(endpoint, url)
  return url
}

function isRelated(registry: string, realm: string): boolean {
  if (registry === realm || knownRealms.get(registry) === realm) return true
  if (/^[\d.]+$|^\[/.test(registry)) return false
  return registrableDomain(registry) === registrableDomain(realm)
}

/** The last two labels, or three below such as `co.uk`: near enough for comparing two hosts of one owner. */
function registrableDomain(hostname: string): string {
  const labels = hostname.toLowerCase().split('.')
  const shared = /^(co|com|net|org|gov|edu|ac)\.[a-z]{2}$/.test(labels.slice(-2).join('.'))
  return labels.slice(shared ? -3 : -2).join('.')
}

function realmError(endpoint: Endpoint, url: URL | undefined): TsbuildError {
  const where = url ? `${url.protocol}//${url.host}` : 'what is no URL'
  return new TsbuildError('TSB_AUTH_REALM', `${endpoint.host} wants a token from ${where}, which is not its own`, {
    hint: 'the registry may have been tampered with; get the image with another tool and use oci-archive:FILE',
  })
}
