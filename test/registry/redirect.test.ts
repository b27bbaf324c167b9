import { describe, expect, it } from 'vitest'
import { follow, type HttpRequest, mayRedirect, neighbourhoodOf } from '../../src/http/index.ts'
import { contentsOf, descriptorOf, fakeImage, serve } from '../support/fake-image.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { code, collect, open, resolve } from '../support/pulling.ts'

const image = fakeImage()
const good = serve(contentsOf('app', 'latest', image))
const token = (host: string) => ({ 'www-authenticate': `Bearer realm="http://${host}/token",service="s"` })

/** Wants a token for everything, and then does what `then` does. */
const guarded =
  (then: Handler): Handler =>
  (request, response) => {
    if (request.url?.startsWith('/token')) response.end('{"token":"T"}')
    else if (request.headers.authorization === 'Bearer T') then(request, response)
    else response.writeHead(401, token(request.headers.host ?? '')).end()
  }

const layerOf = (host: string) => collect(open().blob(`${host}/app`, descriptorOf(image.layer)))

describe('redirects', () => {
  it('E11 another origin sees no Authorization', async () => {
    await using storage = await startServer(good)
    await using server = await startServer(
      guarded((request, response) =>
        response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end(),
      ),
    )
    expect(await layerOf(server.host)).toEqual(image.layer.bytes)
    expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined])
  })

  it.each(['https://r.test:444/', 'http://r.test/', 'https://s.test/', 'https://r.test.evil.test/'])(
    'E11 another port, scheme or host is another origin: %s',
    async (location) => {
      const asked: HttpRequest[] = []
      const answer = (redirects: boolean) => ({
        status: redirects ? 307 : 200,
        headers: redirects ? { location } : {},
        body: (async function* () {})(),
        discard: () => {},
      })
      const get = async (request: HttpRequest) => answer(asked.push(request) === 1)
      const headers = { authorization: 'Bearer T', range: 'bytes=1-' }
      const send = async () => Promise.reject(new Error('nothing is sent'))
      const http = { get, send, redirects: 5, close: () => {} }
      await follow(http, new URL('https://r.test/'), headers, undefined, 'taken')
      expect(asked.map((request) => request.headers)).toEqual([headers, { range: 'bytes=1-' }])
    },
  )

  it('E11 the way back to the first origin does not bring it back', async () => {
    await using server = await startServer(
      guarded((request, response) => {
        if (request.url?.startsWith('/back')) response.writeHead(500).end()
        else response.writeHead(307, { location: `http://${away.host}/` }).end()
      }),
    )
    await using away = await startServer((_, response) =>
      response.writeHead(307, { location: `http://${server.host}/back` }).end(),
    )
    await expect(layerOf(server.host)).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
  })

  it('E12 a challenge of the target starts no token round', async () => {
    await using storage = await startServer((_, response) => response.writeHead(401, token('127.0.0.1:1')).end())
    await using server = await startServer((_, response) =>
      response.writeHead(307, { location: `http://${storage.host}/x` }).end(),
    )
    await expect(layerOf(server.host)).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
    expect(storage.requests).toHaveLength(1)
  })

  it.each(['file:///etc/passwd', 'data:,x', 'http://169.254.169.254/latest', 'ftp://127.0.0.1/', 'http://[fe80::1]/'])(
    'E13 never to %s',
    async (location) => {
      await using server = await startServer((_, response) => response.writeHead(302, { location }).end())
      await expect(layerOf(server.host)).rejects.toThrow(code('TSB_URL_REDIRECT'))
    },
  )

  it('E13 to this machine, its link and private networks only from there', () => {
    expect(['127.0.0.1', '::1', '0.0.0.0', '::ffff:127.0.0.1'].map(neighbourhoodOf)).toEqual(Array(4).fill('loopback'))
    expect(['10.1.2.3', '172.31.0.1', '192.168.1.1', 'fd00::1'].map(neighbourhoodOf)).toEqual(Array(4).fill('private'))
    expect(['1.1.1.1', '172.32.0.1', '2606:4700::1'].map(neighbourhoodOf)).toEqual(Array(3).fill('public'))
    expect(mayRedirect('public', 'private')).toBe(false)
    expect(mayRedirect('private', 'loopback')).toBe(false)
    expect(mayRedirect('loopback', 'link-local')).toBe(false)
    expect(mayRedirect('private', 'private')).toBe(true)
    expect(mayRedirect('loopback', 'public')).toBe(true)
  })

  it('E22 not more than five times', async () => {
    await using server = await startServer((request, response) =>
      response.writeHead(302, { location: `${request.url}x` }).end(),
    )
    await expect(layerOf(server.host)).rejects.toThrow(/redirects more than 5 times/)
    expect(server.requests).toHaveLength(6)
  })

  it('E31 the query of a signed URL is in no message', async () => {
    await using storage = await startServer((_, response) => response.writeHead(403).end())
    await using server = await startServer((_, response) =>
      response.writeHead(307, { location: `http://${storage.host}/x?sig=CANARY` }).end(),
    )
    const failure = await layerOf(server.host).catch((error: Error) => error)
    expect(String(failure)).not.toContain('CANARY')
  })
})

describe('anonymous tokens', () => {
  it('are asked for once and used for all that follows', async () => {
    await using server = await startServer(guarded(good))
    await resolve(`${server.host}/app`)
    expect(server.requests.filter(({ path }) => path.startsWith('/token')).map(({ path }) => path)).toEqual([
      '/token?service=s&scope=repository%3Aapp%3Apull',
    ])
  })

  it.each([
    'https://evil.test/t',
    'http://127.0.0.2:1/t',
    'http://169.254.169.254/t',
    'file:///etc/passwd',
    'nonsense',
    'https://user:password@evil.test/',
  ])('E10 are not asked for at %s', async (realm) => {
    await using server = await startServer((_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end(),
    )
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_AUTH_REALM'))
  })

  it.each(['{}', '{"token":3}', '{"token":"a\\nb"}', 'no json', '[]', 'null'])(
    'that are none are refused: %s',
    async (answer) => {
      await using server = await startServer((request, response) => {
        if (request.url?.startsWith('/token')) response.end(answer)
        else response.writeHead(401, token(request.headers.host ?? '')).end()
      })
      await expect(resolve(`${server.host}/app`)).rejects.toThrow(/TSB_|token/)
    },
  )

  it('that do not help end in a refusal, not in a circle', async () => {
    await using server = await startServer((request, response) => {
      if (request.url?.startsWith('/token')) response.end('{"access_token":"T"}')
      else response.writeHead(401, token(request.headers.host ?? '')).end()
    })
    await expect(resolve(`${server.host}/app`)).rejects.toThrow(code('TSB_REGISTRY_DENIED'))
  })
})
