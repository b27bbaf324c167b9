import { TsbuildError } from '../../errors.ts'
import type { Login, RemoteOptions } from '../remotes.ts'

/**
 * What is said to the server of a URL about who asks: the secret `HTTP_AUTH_TOKEN_host` (a Bearer token) or
 * `HTTP_AUTH_HEADER_host` (the whole header), else what the URL had before its `@`. `host` is without its port.
 * @throws {TsbuildError} TSB_HTTP_AUTH for a secret that is no header
 */
export async function authorizationFor(
  { hostname }: URL,
  login: Login | undefined,
  secret: RemoteOptions['secret'],
): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '')
  const token = await headerOf(`HTTP_AUTH_TOKEN_${host}`, secret)
  if (token !== undefined) return `Bearer ${token}`
  const header = await headerOf(`HTTP_AUTH_HEADER_${host}`, secret)
  return header ?? (login && basic(login))
}

/** A file often ends in a line feed, which no header may have. */
async function headerOf(id: string, secret: RemoteOptions['secret']): Promise<string | undefined> {
  const value = await secret(id)
  const text = value && new TextDecoder().decode(value.reveal()).trim()
  if (!text) return undefined
  if (/^[\x20-\x7e]+$/.test(text)) return text
  throw new TsbuildError('TSB_HTTP_AUTH', `the secret ${id} cannot be sent: it is no line of plain characters`, {
    hint: 'HTTP_AUTH_TOKEN_host is a token, HTTP_AUTH_HEADER_host what Authorization: says',
  })
}

function basic({ user, password = '' }: Login): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
