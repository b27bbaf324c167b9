import { TsbuildError } from '../../errors.ts'

/** Where a remote is, taken from what git is given: `https://host/repo.git` or `user@host:path`. */
export interface RemoteAddress {
  readonly scheme: string
  /** As written, with the port. */
  readonly host: string
  readonly path: string
  /** `https://host:port`; for ssh without a scheme, `user@host`. */
  readonly origin: string
}

/** Undefined for what is no address on a network: a path, a `file:` URL. */
export function parseAddress(remote: string): RemoteAddress | undefined {
  const url = /^([a-z]+):\/\/([^/]*)(.*)$/i.exec(remote)
  if (url) return urlAddress(url)
  const scp = /^((?:[\w-]+@)?([a-zA-Z0-9.-]+)):(?!:|\/\/)(.*)$/s.exec(remote)
  const [, origin = '', host = '', path = ''] = scp ?? []
  return scp ? { scheme: 'ssh', host, path, origin } : undefined
}

function urlAddress([, scheme = '', authority = '', path = '']: readonly string[]): RemoteAddress | undefined {
  const lower = scheme.toLowerCase()
  if (!['http', 'https', 'ssh', 'git'].includes(lower) || authority === '') return undefined
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const origin = `${lower}://${lower === 'ssh' ? authority : host}`
  return { scheme: lower, host, path, origin }
}

/**
 * Refuses what git or ssh would take for an option, also when it is escaped.
 * @throws {TsbuildError} TSB_GIT_ARG
 */
export function checkAddress({ host, path, origin }: RemoteAddress, remote: string): void {
  const user = origin.replace(/^[a-z]+:\/\//, '')
  const parts = [host, path, user].map((part) => part.replace(/%(?=[0-7])(..)/g, decoded))
  if (!parts.some((part) => part.startsWith('-') || /[\0-\x1f\x7f]/.test(part))) return
  throw new TsbuildError('TSB_GIT_ARG', `git would take a part of this address for an option: ${shown(remote)}`, {
    hint: 'no host, user or path may begin with "-", or have control characters',
  })
}

function decoded(_: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16))
}

/** Control characters as escapes. */
export function shown(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
