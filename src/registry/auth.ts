import type { Login } from '../credentials/index.ts'
import { TsbuildError } from '../errors.ts'
import { type HttpMessage, type HttpResponse, isLoopbackHost, readBody } from '../http/index.ts'
import { parseJson } from '../image/index.ts'
import { challengesIn, type SchemeChallenge } from './challenges.ts'
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

/** The challenge of a 401 that a token meets. */
export function bearerChallenge(response: HttpResponse): Challenge | undefined {
  const parameters = challengeOf(response, 'bearer')?.parameters
  const [realm, service, scope] = ['realm', 'service', 'scope'].map((name) => parameters?.get(name))
  return realm ? { realm, ...(service && { service }), ...(scope && { scope }) } : undefined
}

/**
 * `Authorization` for a 401 that wants user and password themselves. They go over https, or not out of this machine.
 * @throws {TsbuildError} TSB_AUTH_PLAIN
 */
export function basicAnswer(endpoint: Endpoint, response: HttpResponse, login: Login | undefined): string | undefined {
  if (login?.kind !== 'password' || challengeOf(response, 'basic') === undefined) return undefined
  if (endpoint.insecure || isSafe(endpoint.base)) return basic(login)
  throw new TsbuildError('TSB_AUTH_PLAIN', `${endpoint.host} wants a password over plain HTTP, where all can read it`, {
    hint: `give it a certificate, or say --insecure-registry ${endpoint.host}; passwords are sent over HTTPS, or to this machine`,
  })
}

/**
 * The request for a token: as somebody, or as nobody in particular.
 * @param scopes what it is to allow: `repository:app:pull,push`
 * @throws {TsbuildError} TSB_AUTH_REALM when the challenge points to somebody else's server
 */
export function tokenRequest(
  endpoint: Endpoint,
  challenge: Challenge,
  scopes: readonly string[],
  login?: Login,
): HttpMessage {
  const url = realmUrl(endpoint, challenge.realm)
  const local = isLoopbackHost(endpoint.base.hostname)
  const isSafeThere = isSafe(url) || (endpoint.insecure && url.hostname === endpoint.base.hostname)
  const trustAs = url.hostname === endpoint.base.hostname ? endpoint.base : url
  const admit: HttpMessage['admit'] = (to) => {
    if (!local && (to === 'loopback' || to === 'link-local')) throw realmError(endpoint, url)
  }
  if (login?.kind === 'identity' && isSafeThere) {
    return { ...refreshRequest(url, challenge, scopes, login.token, admit), trustAs }
  }
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const headers = {
    accept: 'application/json',
    ...(login?.kind === 'password' && isSafeThere && { authorization: basic(login) }),
  }
  return { method: 'GET', url, headers, admit, trustAs }
}

/** The identity token is a refresh token of OAuth 2: it goes in the body, as distribution's token servers want it. */
function refreshRequest(
  url: URL,
  { service }: Challenge,
  scopes: readonly string[],
  token: string,
  admit: HttpMessage['admit'],
): HttpMessage {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'tsbuild' })
  if (service !== undefined) form.set('service', service)
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  const body = new TextEncoder().encode(form.toString())
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
  }
  return { method: 'POST', url, headers, body: [body], admit }
}

function challengeOf({ headers }: HttpResponse, scheme: 'basic' | 'bearer'): SchemeChallenge | undefined {
  return challengesIn(headers['www-authenticate'] ?? '').find((challenge) => challenge.scheme === scheme)
}

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isLoopbackHost(hostname)
}

function basic({ username, password }: Extract<Login, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** @throws {TsbuildError} TSB_REGISTRY_DENIED when the answer holds no token; TSB_DOCUMENT_TOO_LARGE */
export async function readToken(response: HttpResponse, host: string, limits: TokenLimits): Promise<string> {
  const name = `the token of ${host}`
  const bytes = await readBody(response, limits.bytes, name, 'token-bytes')
  const answer = parseJson(bytes, name, limits.bytes, limits.depth)
  const members = new Map<string, unknown>(Object.entries(Object(answer)))
  const token = members.get('token') ?? members.get('access_token')
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  throw new TsbuildError('TSB_REGISTRY_DENIED', `${host} gives no token`)
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
