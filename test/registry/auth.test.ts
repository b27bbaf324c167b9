import { describe, expect, it } from 'vitest'
import { tokenRequest } from '../../src/registry/auth.ts'
import { endpointsOf } from '../../src/registry/endpoint.ts'
import { code } from '../support/pulling.ts'

function request(registry: string, realm: string) {
  const [endpoint] = endpointsOf(registry, 'o/app', new Map())
  if (!endpoint) throw new Error('no endpoint')
  return tokenRequest(endpoint, { realm, service: 'the service' }, ['repository:o/app:pull'])
}

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
})
