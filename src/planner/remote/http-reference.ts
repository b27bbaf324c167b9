import { posix } from 'node:path'
import { TsbuildError } from '../../errors.ts'
import { decodeName } from '../../tree/index.ts'

/** A file behind an http(s) URL. */
export interface HttpReference {
  /** What is asked for: without user and password, and without what stands after a `#`. */
  readonly url: string
  /** User and password of the URL: for fetching alone. */
  readonly login?: Login
  /** The last piece of the URL's path, decoded; `__unnamed__` when it has none. */
  readonly name: string
}

interface Login {
  readonly user: string
  readonly password?: string
}

/**
 * Reads an http(s) URL as BuildKit does: by Go's `net/url`, not by the rules of browsers.
 * @returns undefined for another text
 * @throws {TsbuildError} TSB_URL when it is a URL but wrong, or its path ends in what can be no file name
 */
export function parseHttpReference(text: string): HttpReference | undefined {
  const [, scheme, authority = '', path = '', query = ''] = parts.exec(text) ?? []
  if (scheme === undefined) return undefined
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const login = at < 0 ? undefined : authority.slice(0, at)
  const shown = `${scheme}${host}${path}`
  const url = encodePlain(shown + query)
  if (/[\x00-\x1f\x7f]/.test(text) || !isHost(host) || !isUserinfo(login) || !URL.canParse(url)) throw badUrl(shown)
  return { url, ...(login !== undefined && { login: loginOf(login, shown) }), name: nameOf(path, shown) }
}

const parts = /^(https?:\/\/)([^/?#]*)([^?#]*)(\?[^#]*)?/

/** What browsers read otherwise than Go: a backslash in a path is no slash, and a blank at its end belongs to it. */
function encodePlain(url: string): string {
  return url.replaceAll('\\', '%5C').replaceAll(' ', '%20')
}

function isHost(host: string): boolean {
  return /^(\[[\da-fA-F:.]+\]|[^\s:\\%[\]]+)(:\d*)?$/.test(host)
}

function isUserinfo(text = ''): boolean {
  return /^[\w.:~!$&'()*+,;=%@-]*$/.test(text)
}

function loginOf(userinfo: string, shown: string): Login {
  const colon = userinfo.indexOf(':')
  if (colon < 0) return { user: decoded(userinfo, shown) }
  return { user: decoded(userinfo.slice(0, colon), shown), password: decoded(userinfo.slice(colon + 1), shown) }
}

/** As Go's `path.Base` of the decoded path: what `%2f` separates is separate. */
function nameOf(path: string, shown: string): string {
  const name = posix.basename(decoded(path, shown))
  if (name === '' || name === '.') return '__unnamed__'
  if (name !== '..' && !/[\x00-\x1f\x7f]/.test(name)) return name
  throw new TsbuildError('TSB_URL', `${printable(shown)} ends in ${JSON.stringify(name)}, which can be no file name`, {
    hint: 'end the URL in a plain name',
  })
}

/** `%2f` and the like as the bytes that they stand for. */
function decoded(text: string, shown: string): string {
  if (/%(?![\da-fA-F]{2})/.test(text)) throw badUrl(shown)
  const bytes = text.replaceAll(/%(..)|[\s\S]/gu, (character, hex: string | undefined) =>
    hex === undefined ? Buffer.from(character).toString('latin1') : String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return decodeName(Buffer.from(bytes, 'latin1'))
}

/** Nothing before an `@` is shown: in what is no URL it may be a password. */
function badUrl(shown: string): TsbuildError {
  return new TsbuildError('TSB_URL', `not a URL: ${printable(shown.replace(/\/\/.*@/s, '//'))}`, {
    hint: 'write https://HOST/PATH, with % and two hex digits for what a URL cannot hold',
  })
}

function printable(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '?')
}
