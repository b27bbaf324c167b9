import { TsbuildError } from '../errors.ts'
import { limitHint } from '../limits.ts'
import { mayRedirect, type Neighbourhood } from './address.ts'
import { drained } from './drained.ts'
import type { Http, HttpResponse } from './http.ts'

/** An answer, and whether it comes from where the question was first sent. */
export interface Answer {
  readonly response: HttpResponse
  readonly sameOrigin: boolean
}

/**
 * Asks, and goes where it is sent. `Authorization` goes to the first origin (scheme, host and port) only.
 * @param plain whether a step down from https to http is taken: only for bytes that are checked otherwise
 * @throws {TsbuildError} TSB_URL_REDIRECT for more hops than `http.redirects`, a scheme that is not http(s), a step down from https, or
 *   a target on this machine, its link or a private network when the first URL was not there
 */
export async function follow(
  http: Http,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  plain: 'refused' | 'taken' = 'refused',
): Promise<Answer> {
  const { authorization: _, ...anonymous } = headers
  let first: Neighbourhood | undefined
  let target = url
  let sameOrigin = true
  for (let hop = 0; hop <= http.redirects; hop++) {
    const admit = (to: Neighbourhood) => {
      if (hop === 0) first ??= to
      else if (!mayRedirect(first ?? 'public', to)) throw redirectError(url, `a ${to} address: ${target.host}`)
    }
    const response = await http.get({ url: target, headers: sameOrigin ? headers : anonymous, admit }, signal)
    const location = redirectOf(response)
    if (location === undefined) return { response, sameOrigin }
    await drained(response)
    target = nextUrl(target, location, url, plain)
    sameOrigin &&= target.origin === url.origin
  }
  throw new TsbuildError('TSB_URL_REDIRECT', `${shownUrl(url)} redirects more than ${http.redirects} times`, {
    hint: limitHint('redirects'),
  })
}

/** Scheme, host and path: queries of signed URLs are secrets. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

function redirectOf(response: HttpResponse): string | undefined {
  return [301, 302, 303, 307, 308].includes(response.status) ? response.headers.location : undefined
}

function nextUrl(from: URL, location: string, first: URL, plain: 'refused' | 'taken'): URL {
  if (!URL.canParse(location, from.href)) throw redirectError(first, 'what is no URL')
  const next = new URL(location, from.href)
  if (next.protocol !== 'https:' && next.protocol !== 'http:') throw redirectError(first, next.protocol)
  if (next.protocol === 'http:' && from.protocol === 'https:' && plain === 'refused') {
    throw redirectError(
      first,
      'plain HTTP',
      'what comes over plain HTTP can be changed on the way; ADD --checksum makes it safe',
    )
  }
  next.username = ''
  next.password = ''
  return next
}

function redirectError(first: URL, where: string, hint?: string): TsbuildError {
  return new TsbuildError('TSB_URL_REDIRECT', `${shownUrl(first)} redirects to ${where}, which is not followed`, {
    hint,
  })
}
