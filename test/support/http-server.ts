import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A server of this process that answers as a test wants it, however wrong. */
export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** What was asked, in order: method, path and `Authorization`. */
  readonly requests: { readonly method: string; readonly path: string; readonly authorization: string | undefined }[]
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** @param port 0: one that is free */
export async function startServer(handler: Handler, address = '127.0.0.1', port = 0): Promise<TestServer> {
  const requests: TestServer['requests'] = []
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    requests.push({ method, path: url, authorization: headers.authorization })
    handler(request, response)
  })
  server.listen(port, address)
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    host: `${address}:${bound.port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A registry that has nothing. */
export const notFound: Handler = (_, response) => void response.writeHead(404).end()
