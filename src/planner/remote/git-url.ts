import { posix } from 'node:path'

/** What stands after the `#` of a git URL. */
export interface GitFragment {
  readonly ref: string
  /** Cleaned, without a slash at the beginning; `..` never leads above the root. */
  readonly subdir: string
  /** As it is written. */
  readonly writtenSubdir: string
}

/** A git URL in its parts, as BuildKit splits it: Go's `net/url`, and `user@host:path` for ssh. */
export interface GitUrl {
  readonly scheme: 'http' | 'https' | 'ssh' | 'git'
  /** With the port. */
  readonly host: string
  /** Decoded. */
  readonly path: string
  /** Decoded. */
  readonly user?: { readonly name: string; readonly password?: string }
  readonly fragment?: GitFragment
  /** By name, in order; values in order. */
  readonly query?: ReadonlyMap<string, readonly string[]>
  /** What git takes: neither query nor fragment, and no user where that is a login (http, https, git). */
  readonly remote: string
}

/** Undefined when BuildKit does not take the text for a git URL: an unknown scheme, or not well formed. */
export function parseGitUrl(text: string): GitUrl | undefined {
  return /^[a-zA-Z0-9]+:\/\//.test(text) ? parseSchemeUrl(text) : parseScpUrl(text)
}

/** `user@host:path[?query][#fragment]`: ssh without saying so. */
export function parseScpUrl(text: string): GitUrl | undefined {
  const match = /^([\w-]+)@([a-zA-Z0-9.-]+):([^?#\n]*)(?:\?([^#\n]*))?(?:#([^\n]*))?$/.exec(text)
  if (!match) return undefined
  const [, name = '', host = '', path = '', query, fragment] = match
  return withExtras(
    { scheme: 'ssh', host, path, user: { name }, remote: `${name}@${host}:${path}` },
    query === undefined ? undefined : readQuery(query),
    fragment,
  )
}

const schemes: ReadonlySet<string> = new Set(['http', 'https', 'ssh', 'git'])

function parseSchemeUrl(text: string): GitUrl | undefined {
  const match = /^([a-zA-Z0-9]+):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(?:#([\s\S]*))?$/.exec(text)
  const scheme = match?.[1]?.toLowerCase() ?? ''
  if (!match || !isScheme(scheme) || hasControl(text)) return undefined
  const [, , authority = '', rawPath = '', query = '', rawFragment = ''] = match
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const user = at < 0 ? {} : readUser(authority.slice(0, at))
  const path = unescaped(rawPath)
  const fragment = unescaped(rawFragment)
  if (!isHost(host) || !user || path === undefined || fragment === undefined) return undefined
  const login = scheme === 'ssh' && user.user ? `${encodeURIComponent(user.user.name)}@` : ''
  const remote = `${scheme}://${login}${host}${encodePath(rawPath)}${query === '?' ? '?' : ''}`
  return withExtras({ scheme, host, path, ...user, remote }, readQuery(query.slice(1)), fragment)
}

function isScheme(scheme: string): scheme is GitUrl['scheme'] {
  return schemes.has(scheme)
}

function withExtras(url: GitUrl, query: GitUrl['query'], fragment: string | undefined): GitUrl {
  return {
    ...url,
    ...(query && query.size > 0 && { query }),
    ...(fragment && { fragment: readFragment(fragment) }),
  }
}

function readFragment(fragment: string): GitFragment {
  const colon = fragment.indexOf(':')
  const written = colon < 0 ? '' : fragment.slice(colon + 1)
  const subdir = posix.resolve('/', written).slice(1)
  return { ref: colon < 0 ? fragment : fragment.slice(0, colon), subdir, writtenSubdir: written }
}

/** As Go's `url.Query`: pairs that are not well formed are left out. */
function readQuery(query: string): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const equals = pair.indexOf('=')
    const name = unescaped((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '))
    const value = unescaped(equals < 0 ? '' : pair.slice(equals + 1).replaceAll('+', ' '))
    if (name === undefined || value === undefined) continue
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  return values
}

function readUser(text: string): Pick<GitUrl, 'user'> | undefined {
  const colon = text.indexOf(':')
  const name = unescaped(colon < 0 ? text : text.slice(0, colon))
  const password = colon < 0 ? undefined : unescaped(text.slice(colon + 1))
  if (name === undefined || (colon >= 0 && password === undefined)) return undefined
  if (!/^[\w\-.:~!$&'()*+,;=%@]*$/.test(text)) return undefined
  return { user: { name, ...(password !== undefined && { password }) } }
}

/** Host names, addresses in brackets; the port is digits. Escapes stand for letters beyond ASCII alone. */
function isHost(host: string): boolean {
  return /^(?:\[[0-9a-fA-F:.%~\w-]*\]|(?:[\w\-.~!$&'()*+,;=<>"]|%[89a-fA-F][0-9a-fA-F]|[^\0-\x7f])*)(?::\d*)?$/.test(
    host,
  )
}

function hasControl(text: string): boolean {
  return /[\x00-\x1f\x7f]/.test(text)
}

/** Percent signs are decoded; undefined when one is not followed by two hexadecimal digits. */
function unescaped(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  if (!text.includes('%')) return text
  const bytes = Buffer.from(text).toString('latin1')
  return Buffer.from(
    bytes.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  ).toString()
}

/** What may not stand in a path is escaped; escapes stay as they are. */
function encodePath(path: string): string {
  return path.replace(/[^\w\-.~!$&'()*+,;=:@/%[\]]/gu, encodeURIComponent)
}
