import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { contentsOf, descriptorOf, fakeImage, serve } from '../support/fake-image.ts'
import { type Handler, startServer } from '../support/http-server.ts'
import { collect, open } from '../support/pulling.ts'

const image = fakeImage()
const good = serve(contentsOf('app', 'latest', image))
const joe = { kind: 'password', username: 'joe', password: 'right-pass' } as const
const refusal = '{"errors":[{"code":"UNAUTHORIZED"}]}'

/** Wants a token, or a password, for everything, and notes on which connections it was asked. */
function guarded(scheme: 'bearer' | 'basic', then: Handler, body: string = refusal) {
  const sockets = new Set<IncomingMessage['socket']>()
  const handler: Handler = (request, response) => {
    if (request.url?.startsWith('/token')) return response.end('{"token":"T"}')
    sockets.add(request.socket)
    if (request.headers.authorization !== undefined) return then(request, response)
    const realm = `http://${request.headers.host}/token`
    const challenge = scheme === 'basic' ? 'Basic realm="r"' : `Bearer realm="${realm}",service="s"`
    response.writeHead(401, { 'www-authenticate': challenge })
    if (body !== 'trickle') return response.end(body)
    const timer = setInterval(() => response.write(' '), 50)
    return response.on('close', () => clearInterval(timer))
  }
  return { sockets, handler }
}

describe('the connection to a registry', () => {
  it.each(['bearer', 'basic'] as const)(
    'serves again after an answer that wants to know who asks: %s',
    async (scheme) => {
      const { sockets, handler } = guarded(scheme, good)
      await using server = await startServer(handler)
      const registry = open({ logins: async () => joe })
      expect(await collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))).toEqual(image.layer.bytes)
      expect(await collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))).toEqual(image.layer.bytes)
      expect(sockets.size).toBe(1)
      registry.close()
    },
  )

  it('serves again after an answer that sends to somebody else', async () => {
    await using storage = await startServer(good)
    const { sockets, handler } = guarded('bearer', (request, response) =>
      response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end('<a href="…">there</a>'),
    )
    await using server = await startServer(handler)
    const registry = open()
    for (const _ of [1, 2, 3]) {
      expect(await collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))).toEqual(image.layer.bytes)
    }
    expect(sockets.size).toBe(1)
    registry.close()
  })

  it.each(['bearer', 'basic'] as const)(
    'is given up when the rest of such an answer takes too long: %s',
    async (scheme) => {
      const { sockets, handler } = guarded(scheme, good, 'trickle')
      await using server = await startServer(handler)
      const registry = open({ logins: async () => joe })
      expect(await collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))).toEqual(image.layer.bytes)
      expect(sockets.size).toBe(2)
      registry.close()
    },
  )

  it('brings a password with all that follows, for whatever that is', async () => {
    const { handler } = guarded('basic', good)
    await using server = await startServer(handler)
    const registry = open({ logins: async () => joe })
    await collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))
    const blob = { descriptor: descriptorOf(image.config), open: async function* () {} }
    await expect(registry.upload(`${server.host}/app`, blob)).resolves.toBe('there')
    await expect(
      registry.put(`${server.host}/app`, { mediaType: 'a/b', bytes: Buffer.from('{}') }, 'x'),
    ).rejects.toThrow()
    const unnamed = server.requests.filter(({ authorization }) => authorization === undefined)
    expect(unnamed.map(({ method }) => method)).toEqual(['GET'])
    registry.close()
  })

  it('that the server has closed meanwhile costs no try', async () => {
    const told: string[] = []
    const asked = new Map<IncomingMessage['socket'], number>()
    const { handler } = guarded('basic', good)
    await using server = await startServer((request, response) => {
      const { socket } = request
      asked.set(socket, (asked.get(socket) ?? 0) + 1)
      if (asked.get(socket) === 2) socket.destroy()
      else handler(request, response)
    })
    const registry = open({ logins: async () => joe, notice: (message) => told.push(message) })
    expect(await collect(registry.blob(`${server.host}/app`, descriptorOf(image.layer)))).toEqual(image.layer.bytes)
    expect(told).toEqual([])
    registry.close()
  })
})
