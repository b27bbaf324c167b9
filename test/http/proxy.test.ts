import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openHttp, proxiesOf, readBody } from '../../src/http/index.ts'
import { startServer } from '../support/http-server.ts'
import { hasProgram } from '../support/programs.ts'
import { startProxy } from '../support/proxy-server.ts'
import { code } from '../support/pulling.ts'
import { startTlsServer } from '../support/tls-server.ts'

const both = { HTTP_PROXY: 'http://plain.test:3128', HTTPS_PROXY: 'http://secure.test:3128' }
const proxyOf = (url: string, env: Readonly<Record<string, string>>) => proxiesOf(env)(new URL(url))?.href

describe('the proxy of a URL', () => {
  it('is named by its scheme, in capitals before small letters', () => {
    expect(proxyOf('http://a.test/', both)).toBe('http://plain.test:3128/')
    expect(proxyOf('https://a.test/', both)).toBe('http://secure.test:3128/')
    expect(proxyOf('http://a.test/', { http_proxy: 'http://small.test' })).toBe('http://small.test/')
    expect(proxyOf('http://a.test/', { ...both, http_proxy: 'http://small.test' })).toBe('http://plain.test:3128/')
    expect(proxyOf('http://a.test/', { HTTP_PROXY: '', HTTPS_PROXY: 'http://x.test' })).toBeUndefined()
  })

  it('may be written without a scheme, and must speak HTTP', () => {
    expect(proxyOf('http://a.test/', { HTTP_PROXY: 'plain.test:3128' })).toBe('http://plain.test:3128/')
    expect(() => proxyOf('http://a.test/', { HTTP_PROXY: 'socks5://plain.test' })).toThrow(code('TSB_PROXY'))
    expect(() => proxyOf('http://a.test/', { HTTP_PROXY: 'http://me:CANARY@' })).toThrow(/^(?!.*CANARY).*HTTP_PROXY/)
  })

  it('is never one for this machine', () => {
    for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]'])
      expect(proxyOf(`http://${host}:80/`, both)).toBeUndefined()
  })

  it.each([
    ['a.test', 'http://a.test/', true],
    ['a.test', 'http://b.a.test/', true],
    ['a.test', 'http://ba.test/', false],
    ['.a.test', 'http://b.a.test/', true],
    ['.a.test', 'http://a.test/', false],
    ['*.a.test', 'http://b.a.test/', true],
    ['A.TEST', 'http://a.test/', true],
    ['a.test:81', 'http://a.test:81/', true],
    ['a.test:81', 'http://a.test/', false],
    ['a.test:443', 'https://a.test/', true],
    ['*', 'http://a.test/', true],
    [' x.test , a.test ', 'http://a.test/', true],
    ['10.0.0.0/8', 'http://10.1.2.3/', true],
    ['10.0.0.0/8', 'http://11.1.2.3/', false],
    ['10.0.0.0/8', 'http://ten.test/', false],
    ['10.1.2.3', 'http://10.1.2.3/', true],
    ['3', 'http://10.1.2.3/', false],
    ['fd00::/8', 'http://[fd00::1]/', true],
    ['fd00::1', 'http://[fd00::1]/', true],
    ['[fd00::1]:81', 'http://[fd00::1]:81/', true],
    ['10.0.0.0/99', 'http://10.1.2.3/', false],
    ['', 'http://a.test/', false],
  ])('NO_PROXY=%s and %s: asked without one is %s', (exempt, url, without) => {
    expect(proxyOf(url, { ...both, NO_PROXY: exempt }) === undefined).toBe(without)
  })
})

describe('a request through a proxy', () => {
  const get = async (url: string, env: Readonly<Record<string, string>>) => {
    const http = openHttp('tsbuild-test', 5000, { proxies: proxiesOf(env) })
    onTestFinished(() => http.close())
    const response = await http.get({ url: new URL(url), headers: {}, admit: () => {} }, undefined)
    return `${response.status} ${Buffer.from(await readBody(response, 1000, 'it'))}`
  }

  it('to http says the whole URL, and to the server only what is below it', async () => {
    await using server = await startServer((_, response) => void response.end('hi'))
    await using proxy = await startProxy(server.host)
    expect(await get('http://files.test/a?b', { HTTP_PROXY: proxy.url })).toBe('200 hi')
    expect(proxy.asked).toEqual(['GET http://files.test/a?b'])
    expect(server.requests.map(({ path }) => path)).toEqual(['/a?b'])
  })

  it('has the user and password that its URL has', async () => {
    await using server = await startServer((_, response) => void response.end('hi'))
    await using proxy = await startProxy(server.host)
    await get('http://files.test/', { HTTP_PROXY: proxy.url.replace('//', '//me:p%40ss@') })
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`])
  })

  it('that the proxy does not let through says what it answered', async () => {
    await using proxy = await startProxy('127.0.0.1:1', 407)
    await expect(get('https://files.test/', { HTTPS_PROXY: proxy.url })).rejects.toThrow(code('TSB_PROXY'))
    await expect(get('https://files.test/', { HTTPS_PROXY: proxy.url })).rejects.toThrow(/files\.test:443.*407/)
  })

  const hasOpenssl = hasProgram('openssl')

  it.skipIf(!hasOpenssl)(
    'E21 the certificate of the proxy is checked, whatever the environment says (needs openssl)',
    async () => {
      const asked: (string | undefined)[] = []
      const { host } = await startTlsServer((request, response) => {
        asked.push(request.url)
        response.end('hi')
      })
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
      onTestFinished(() => void vi.unstubAllEnvs())
      for (const url of ['http://files.test/', 'https://files.test/']) {
        const env = { HTTP_PROXY: `https://${host}`, HTTPS_PROXY: `https://${host}` }
        await expect(get(url, env)).rejects.toThrow(/self-signed/)
      }
      expect(asked).toEqual([])
    },
  )

  const title = `to https goes through a tunnel, and the certificate is checked${hasOpenssl ? '' : ' (openssl is not installed)'}`
  it.skipIf(!hasOpenssl)(title, async () => {
    const server = await startTlsServer((_, response) => void response.end('secret'), 'files.test')
    await using proxy = await startProxy(server.host)
    await expect(get('https://files.test/', { HTTPS_PROXY: proxy.url })).rejects.toThrow(/self-signed/)
    const program = path.join(import.meta.dirname, '../support/programs/get-url.ts')
    const env = { ...process.env, HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: server.certificate }
    const { stdout } = await promisify(execFile)(process.execPath, [program, 'https://files.test/x'], { env })
    expect(stdout).toBe('200 secret')
    expect(proxy.asked).toEqual(['CONNECT files.test:443', 'CONNECT files.test:443'])
  })
})
