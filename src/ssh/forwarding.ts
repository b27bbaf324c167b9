import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Agent, AgentConnection } from './agent.ts'
import { failure, framed, message, messagesIn } from './messages.ts'

/** What may be asked of an agent that is not ours: to list its keys and to sign, and nothing that changes it. */
const allowed: ReadonlySet<number | undefined> = new Set([message.requestIdentities, message.signRequest])

/** The agent behind a socket of this machine, as far as it may be used. */
export function forwarding(socket: string): Agent {
  return {
    connect() {
      let upstream: Promise<AgentConnection> | undefined
      let closed = false
      return {
        async request(asked) {
          if (!allowed.has(asked[0])) return failure
          upstream ??= open(socket)
          const connection = await upstream
          if (closed) connection.close()
          return await connection.request(asked)
        },
        close() {
          closed = true
          upstream?.then(
            (connection) => connection.close(),
            () => undefined, // whoever asked was told
          )
        },
      }
    },
  }
}

/** Whether somebody listens at the socket. @throws an error of the system: ECONNREFUSED, EACCES */
export async function tryConnect(path: string): Promise<void> {
  const socket = connect(path)
  await once(socket, 'connect')
  socket.destroy()
}

async function open(path: string): Promise<AgentConnection> {
  const socket: Socket = connect(path)
  await once(socket, 'connect')
  const answers = messagesIn(socket)[Symbol.asyncIterator]()
  return {
    async request(asked) {
      socket.write(framed(asked))
      const { value, done } = await answers.next()
      if (done) throw new RangeError('the agent closed the connection')
      return value
    },
    close: () => socket.destroy(),
  }
}
