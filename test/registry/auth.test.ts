import { describe, expect, it } from 'vitest'
import { basicAnswer, bearerChallenge, tokenRequest } from '../../src/registry/auth.ts'
import { endpointOf, endpointsOf } from '../../src/registry/endpoint.ts'
import { code } from '../support/pulling.ts'

function request(registry: string, realm: string) {
  const [endpoint] = endpointsOf(registry, 'o/app', new Map())
  if (!endpoint) throw new Error('no endpoint')
  return tokenRequest(endpoint, { realm, service: 'the service' }, ['repository:o/app:pull'])
}

describe('a challenge', () => {
  const answer = (header: string) => ({
    status: 401,
    headers: { 'www-authenticate': header },
    body: (async function* () {})(),
    discard: () => {},
  })
  const joe = { kind: 'password', username: 'joe', password: 'pw' } as const
  const bearer = 'Bearer realm="https://r.test/a, b",service="s \\"1\\"", scope=x:y'

  it.each([
    bearer,
    `${bearer}, Basic realm="x"`,
    `Basic realm="Bearer realm=1", ${bearer}`,
    `Basic, ${bearer}`,
    `Negotiate YWJj==, ${bearer}`,
  ])('for a token is found in %s', (header) => {
    expect(bearerChallenge(answer(header))).toEqual({ realm: 'https://r.test/a, b', service: 's "1"', scope: 'x:y' })
  })

  it('for a password is found behind others', () => {
    const endpoint = endpointOf('r.test', 'o/app')
    for (const header of ['Basic realm="x"', 'basic', 'Digest realm="x", nonce=1, Basic realm="x"'])
      expect(basicAnswer(endpoint, answer(header), joe)).toMatch(/^Basic /)
    for (const header of ['Digest realm="x"', 'Bearer realm="Basic realm"', ''])
      expect(basicAnswer(endpoint, answer(header), joe)).toBeUndefined()
  })
})

describe('tokenRequest', () => {
  it.each([
    ['docker.io', 'https://auth.docker.io/token'],
    ['ghcr.io', 'https://ghcr.io/token'],
    ['registry.gitlab.com', 'https://gitlab.com/jwt/auth'],
    ['lscr.io', 'https://ghcr.io/token'],
    ['registry.example.co.uk', 'https://auth.example.co.uk/'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5001/token'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5001/token'],
  ])('E10 goes from %s to %s', (registry, realm) => {
    const { url, headers } = request(registry, realm)
    expect(url.href).toBe(`${realm}?service=the+service&scope=repository%3Ao%2Fapp%3Apull`)
    expect(Object.keys(headers)).toEqual(['accept'])
  })

  it.each([
    ['docker.io', 'https://evil.test/token'],
    ['docker.io', 'http://auth.docker.io/token'],
    ['docker.io', 'https://docker.io.evil.test/token'],
    ['registry.example.co.uk', 'https://evil.co.uk/token'],
    ['10.0.0.1:5000', 'https://10.0.0.2/token'],
    ['ghcr.io', 'https://169.254.169.254/token'],
    ['127.0.0.1:5000', 'http://127.0.0.2:5000/token'],
  ])('E10 does not go from %s to %s', (registry, realm) => {
    expect(() => request(registry, realm)).toThrow(code('TSB_AUTH_REALM'))
  })

  it('E10 is not sent to this machine under a name of the registry', () => {
    const { admit } = request('ghcr.io', 'https://ghcr.io/token')
    expect(() => admit('loopback')).toThrow(code('TSB_AUTH_REALM'))
    expect(() => admit('link-local')).toThrow(code('TSB_AUTH_REALM'))
    expect(() => admit('public')).not.toThrow()
  })

  describe('as somebody', () => {
    const joe = { kind: 'password', username: 'joe', password: 'pw' } as const
    const challenge = { realm: 'https://auth.r.test/token', service: 's' }
    const scopes = ['repository:o/app:pull,push', 'repository:o/base:pull']
    const endpointOfHost = (host: string) => {
      const [endpoint] = endpointsOf(host, 'o/app', new Map())
      if (!endpoint) throw new Error('no endpoint')
      return endpoint
    }

    it('sends user and password, and asks for all scopes', () => {
      const { url, headers, method } = tokenRequest(endpointOfHost('r.test'), challenge, scopes, joe)
      expect([method, url.searchParams.getAll('scope')]).toEqual(['GET', scopes])
      expect(headers).toMatchObject({ authorization: `Basic ${Buffer.from('joe:pw').toString('base64')}` })
    })

    it('sends an identity token in the body, not in the URL', () => {
      const login = { kind: 'identity', token: 'CANARY' } as const
      const { url, headers, method, body } = tokenRequest(endpointOfHost('r.test'), challenge, scopes, login)
      expect([method, url.href]).toEqual(['POST', challenge.realm])
      expect(JSON.stringify(headers)).not.toContain('CANARY')
      const form = new URLSearchParams(Buffer.concat([...(body as Iterable<Uint8Array>)]).toString())
      expect(Object.fromEntries(form)).toMatchObject({ refresh_token: 'CANARY', scope: scopes.join(' '), service: 's' })
    })

    it('E10 says nothing of a login over plain HTTP to another machine', () => {
      const mirror = endpointsOf('r.test', 'o/app', new Map([['r.test', ['http://mirror.test']]]))[0]
      if (!mirror) throw new Error('no mirror')
      for (const login of [joe, { kind: 'identity', token: 'CANARY' } as const]) {
        const request = tokenRequest(mirror, { realm: 'http://mirror.test/token' }, scopes, login)
        expect([request.method, Object.keys(request.headers), request.body]).toEqual(['GET', ['accept'], undefined])
      }
    })
  })
})
