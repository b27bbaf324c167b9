import type { Login, RemoteOptions } from '../remotes.ts'
import type { RemoteAddress } from './address.ts'

/** How a server is told who asks. Never in an argument, a file or a message. */
export interface Access {
  /** The value of `Authorization`. */
  readonly header?: string
  /** The same as user and password, where it is that. */
  readonly login?: Required<Login>
  /** What may not be shown. */
  readonly secrets: readonly string[]
  /** The secret it came from, if one. */
  readonly from?: string
}

export const noAccess: Access = { secrets: [] }

/**
 * What a user gave for this remote, in BuildKit's order: the secrets `GIT_AUTH_HEADER.host` and `GIT_AUTH_TOKEN.host`,
 * then `GIT_AUTH_HEADER` and `GIT_AUTH_TOKEN`, then the login of the URL.
 * @param own false for a repository that another one names: it gets what was given for its host by name, and no more
 */
export async function accessTo(
  { scheme, host }: RemoteAddress,
  login: Login | undefined,
  own: boolean,
  secret: RemoteOptions['secret'],
): Promise<Access> {
  if (scheme !== 'http' && scheme !== 'https') return noAccess
  for (const id of [`GIT_AUTH_HEADER.${host}`, `GIT_AUTH_TOKEN.${host}`, ...(own ? general : [])]) {
    const value = await secret(id)
    if (value) return fromSecret(id, new TextDecoder().decode(value.reveal()).trim())
  }
  return login ? fromLogin({ user: login.user, password: login.password ?? '' }) : noAccess
}

const general = ['GIT_AUTH_HEADER', 'GIT_AUTH_TOKEN']

function fromSecret(id: string, text: string): Access {
  if (id.startsWith('GIT_AUTH_TOKEN')) return { ...fromLogin({ user: 'x-access-token', password: text }), from: id }
  const basic = /^basic\s+(.+)$/i.exec(text)?.[1]
  const [user, ...password] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(':')
  const login = user === undefined ? {} : { login: { user, password: password.join(':') } }
  const parts = [text, text.replace(/^\S+\s+/, ''), ...password]
  return { header: text, ...login, from: id, secrets: parts.filter(Boolean) }
}

function fromLogin(login: Required<Login>): Access {
  const encoded = Buffer.from(`${login.user}:${login.password}`).toString('base64')
  // A user without a password is a token.
  const hidden = login.password === '' ? login.user : login.password
  return { header: `basic ${encoded}`, login, secrets: [hidden, encodeURIComponent(hidden), encoded] }
}
