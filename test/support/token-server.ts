import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { makeAuthority } from './authority.ts'
import { startServer, type TestServer } from './http-server.ts'
import { scratch } from './scratch.ts'

/** Gives tokens for a docker-registry to joe, who has the password `right-pass`, or an identity token. */
export interface TokenServer extends AsyncDisposable {
  readonly host: string
  /** What a registry needs to believe it: `auth: {token: …}` of its configuration. */
  readonly rules: string
  /** The scopes of each token that was given, in order, and to whom. */
  readonly given: { readonly scopes: readonly string[]; readonly to: string }[]
  readonly requests: TestServer['requests']
}

const service = 'test-registry'
const issuer = 'test-tokens'
export const identityToken = 'identity-of-joe'

/** @param may which actions joe has on a repository; others have none */
export async function startTokenServer(may: (repository: string) => readonly string[]): Promise<TokenServer> {
  const { certificate, key } = makeAuthority(await scratch())
  const given: TokenServer['given'] = []
  const server = await startServer((request, response) => {
    void read(request).then((form) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      const to = whoAsks(request, form)
      const scopes = [...searchParams.getAll('scope'), ...(form.get('scope') ?? '').split(' ')].filter(Boolean)
      if (to === undefined) return response.writeHead(401).end('{"errors":[{"message":"wrong password"}]}')
      given.push({ scopes, to })
      const token = tokenOf(scopes, to === 'joe' ? may : () => [], key, certificate)
      return response.end(JSON.stringify(request.method === 'POST' ? { access_token: token } : { token }))
    })
  })
  const realm = `http://${server.host}/token`
  return {
    host: server.host,
    rules: `auth: {token: {realm: "${realm}", service: ${service}, issuer: ${issuer}, rootcertbundle: ${certificate}}}\n`,
    given,
    requests: server.requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function read(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

/** `nobody` gets tokens that allow nothing; undefined: a login that is wrong. */
function whoAsks({ headers }: IncomingMessage, form: URLSearchParams): string | undefined {
  const refresh = form.get('refresh_token')
  if (refresh !== null) return refresh === identityToken ? 'joe' : undefined
  if (headers.authorization === undefined) return 'nobody'
  const right = `Basic ${Buffer.from('joe:right-pass').toString('base64')}`
  return headers.authorization === right ? 'joe' : undefined
}

/** A JWT as the registry reads it, with the certificate that its key belongs to. */
function tokenOf(
  scopes: readonly string[],
  may: (repository: string) => readonly string[],
  key: string,
  certificate: string,
): string {
  const now = Math.floor(Date.now() / 1000)
  const access = scopes.map((scope) => {
    const [type = '', name = '', actions = ''] = scope.split(':')
    return { type, name, actions: actions.split(',').filter((action) => may(name).includes(action)) }
  })
  const x5c = [new X509Certificate(readFileSync(certificate)).raw.toString('base64')]
  const times = { exp: now + 300, nbf: now - 10, iat: now }
  const claims = { iss: issuer, aud: service, sub: 'x', jti: randomUUID(), ...times, access }
  const text = [{ typ: 'JWT', alg: 'ES256', x5c }, claims]
    .map((part) => encoded(Buffer.from(JSON.stringify(part))))
    .join('.')
  const signature = sign('sha256', Buffer.from(text), {
    key: createPrivateKey(readFileSync(key)),
    dsaEncoding: 'ieee-p1363',
  })
  return `${text}.${encoded(signature)}`
}

function encoded(bytes: Buffer): string {
  return bytes.toString('base64url')
}
