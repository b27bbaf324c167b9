import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A line to a server of this machine. */
export interface Wire {
  /** `127.0.0.1:PORT` */
  readonly host: string
  /** Bytes from the server, and to it. */
  readonly down: () => number
  readonly up: () => number
  /** From now on all comes that much later, in either direction. */
  delay(milliseconds: number): void
  close(): void
}

/** Passes bytes on to a server, and counts them. */
export async function startWire(target: string): Promise<Wire> {
  const [host, port] = target.split(':')
  let [down, up] = [0, 0]
  let delay = 0
  const carry = (from: Socket, to: Socket) => {
    from.on('data', (bytes) => void setTimeout(() => to.write(bytes), delay))
    from.on('end', () => void setTimeout(() => to.end(), delay))
  }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const remote = connect({ port: Number(port), host, noDelay: true })
    for (const socket of [client, remote]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (bytes) => {
      up += bytes.length
    })
    remote.on('data', (bytes) => {
      down += bytes.length
    })
    carry(client, remote)
    carry(remote, client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    host: `127.0.0.1:${bound.port}`,
    down: () => down,
    up: () => up,
    delay(milliseconds: number) {
      delay = milliseconds
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
