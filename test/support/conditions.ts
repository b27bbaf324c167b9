import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { openTurns } from '../../src/turns.ts'
import type { ObjectServer } from './object-server.ts'

/** What an object store is asked, on its way to it; one that knows conditions, as Amazon's does. */
export interface Conditions extends AsyncDisposable {
  readonly url: string
  /** Method and path without query, in order. */
  readonly log: string[]
  /** Answers with this status in place of the store, or with a very long text, or breaks off in the middle of what it answers. */
  fault: (method: string, path: string) => number | 'long' | 'cut' | undefined
}

/** In front of a store that knows none: `If-Match` and `If-None-Match` of a PUT are looked at here, one after the other. */
export async function startConditions(store: ObjectServer): Promise<Conditions> {
  const turns = openTurns(1)
  const log: string[] = []
  const put = async (incoming: IncomingMessage, response: ServerResponse, path: string) => {
    const body = await bodyOf(incoming)
    await turns(async () => {
      const [, bucket = '', ...rest] = decodeURIComponent(path).split('/')
      const key = rest.join('/')
      const there = await store.etag(bucket, key)
      const { 'if-match': match, 'if-none-match': none } = incoming.headers
      if (match === undefined ? none === '*' && there !== undefined : match !== there) {
        response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>')
        return
      }
      await store.write(bucket, key, body)
      response.writeHead(200).end()
    })
  }
  const gate = { log, fault: (() => undefined) as Conditions['fault'] }
  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming
    const [path = ''] = url.split('?')
    log.push(`${method} ${path}`)
    const fault = gate.fault(method, path)
    incoming.on('error', () => {})
    response.on('error', () => {})
    if (fault === 'long') {
      incoming.resume()
      incoming.on('end', () => response.writeHead(403).end(Buffer.alloc(9 << 20, '<a>')))
      return
    }
    if (typeof fault === 'number') {
      incoming.resume()
      incoming.on('end', () => response.writeHead(fault).end('<Error><Code>SlowDown</Code></Error>'))
      return
    }
    const isConditional = headers['if-match'] !== undefined || headers['if-none-match'] !== undefined
    if (method === 'PUT' && isConditional) return void put(incoming, response, path)
    const passed = request(new URL(url, store.url), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      if (method === 'HEAD') {
        response.end()
        return
      }
      if (fault === 'cut')
        answer.once('data', (chunk: Buffer) =>
          response.write(chunk.subarray(0, chunk.length >> 1), () => response.destroy()),
        )
      else answer.pipe(response)
    })
    // Swift sends a body after the head of what is not there, which ends the connection.
    passed.on('error', () => response.writableEnded || response.destroy())
    incoming.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return Object.assign(gate, {
    url: `http://127.0.0.1:${bound.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
