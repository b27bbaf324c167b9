import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** A proxy of this process: every name that it is asked for is `target`. */
export interface TestProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** `GET http://…` and `CONNECT host:port`, in order. */
  readonly asked: string[]
  /** What came as `Proxy-Authorization`, in order. */
  readonly authorizations: (string | undefined)[]
}

/** @param refusal a status that it answers to everything instead */
export async function startProxy(target: string, refusal?: number): Promise<TestProxy> {
  const asked: string[] = []
  const authorizations: (string | undefined)[] = []
  const tunnels = new Set<Duplex>()
  const [hostname = '', port = ''] = target.split(':')
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    authorizations.push(incoming.headers['proxy-authorization'])
    if (refusal) return void response.writeHead(refusal).end()
    const { pathname, search } = new URL(incoming.url ?? '')
    const { 'proxy-authorization': _, ...headers } = incoming.headers
    const onward = request({ hostname, port, path: pathname + search, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    onward.end()
  })
  server.on('connect', ({ url, headers }, client) => {
    tunnels.add(client)
    asked.push(`CONNECT ${url}`)
    authorizations.push(headers['proxy-authorization'])
    if (refusal) return void client.end(`HTTP/1.1 ${refusal} No\r\n\r\n`)
    const onward = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(client).pipe(onward)
    })
    onward.on('error', () => client.destroy())
    client.on('error', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${bound.port}`,
    asked,
    authorizations,
    async [Symbol.asyncDispose]() {
      for (const tunnel of tunnels) tunnel.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
