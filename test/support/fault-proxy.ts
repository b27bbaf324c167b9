import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What may happen to a request on its way to a server. */
export type Fault = 'cut' | 'delay' | 'lost' | 'truncate' | 429 | 500 | 503

/** A server of this process that passes on what it is asked, badly. */
export interface FaultProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Method, path and what was done to it, in order. */
  readonly log: { readonly method: string; readonly path: string; readonly fault: ReturnType<Faults> }[]
  /** Bytes of bodies that came from the client. */
  received(): number
}

/** Which fault the next request gets; a promise holds it back, and may give a status. */
export type Faults = (method: string, path: string) => Fault | Promise<unknown> | undefined

const all: readonly Fault[] = ['cut', 'delay', 'lost', 'truncate', 429, 500, 503]

/** Some faults in a hundred, by a seed: the same seed and order of requests give the same. */
export function seededFaults(seed: number, percent: number): () => Fault | undefined {
  let state = seed >>> 0
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return () => (next(100) < percent ? all[next(all.length)] : undefined)
}

/** @param bytesOfConnection after so many bytes from the client a connection is cut; absent: none is */
export async function startFaultProxy(
  target: string,
  faults: Faults,
  bytesOfConnection = Number.POSITIVE_INFINITY,
): Promise<FaultProxy> {
  const [hostname = '', port = ''] = target.split(':')
  const log: FaultProxy['log'] = []
  let received = 0
  const server = createServer((incoming, response) => {
    incoming.on('error', () => {})
    response.on('error', () => {})
    incoming.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (incoming.socket.bytesRead > bytesOfConnection) incoming.socket.destroy()
    })
    incoming.pause()
    const { method = '', url: path = '' } = incoming
    const fault = faults(method, path)
    log.push({ method, path, fault })
    if (typeof fault === 'number') return refuse(incoming, response, fault)
    void pass(incoming, response, { hostname, port }, fault)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${bound.port}`,
    log,
    received: () => received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** As a registry that is asked too often, or is ill, does. */
function refuse(incoming: IncomingMessage, response: ServerResponse, status: number): void {
  incoming.resume()
  response.writeHead(status, { 'retry-after': '0' }).end('{"errors":[{"message":"a fault of the test"}]}')
}

async function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  target: { readonly hostname: string; readonly port: string },
  fault: Exclude<ReturnType<Faults>, number>,
): Promise<void> {
  if (fault === 'delay') await sleep(30)
  const status = fault instanceof Promise ? await fault : undefined
  if (typeof status === 'number') return refuse(incoming, response, status)
  const { method, url: path, headers } = incoming
  const onward = request({ ...target, method, path, headers, agent: false }, (answer) => {
    if (fault === 'lost') return void response.destroy()
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    if (fault !== 'truncate') return void answer.pipe(response)
    answer.once('data', (chunk: Buffer) => {
      response.write(chunk.subarray(0, chunk.length >> 1), () => response.destroy())
    })
    answer.once('end', () => response.destroy())
    answer.resume()
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  if (fault !== 'cut') return void incoming.pipe(onward)
  incoming.once('data', (chunk: Buffer) => {
    onward.write(chunk.subarray(0, chunk.length >> 1))
    setImmediate(() => {
      incoming.destroy()
      onward.destroy()
    })
  })
  incoming.once('end', () => response.destroy())
  incoming.resume()
}
