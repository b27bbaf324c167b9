import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import path from 'node:path'
import { pid } from 'node:process'
import { isSystemError } from '../errors.ts'
import type { Agent } from './agent.ts'
import { framed, messagesIn } from './messages.ts'

/** An agent that answers at a socket until it is disposed of; the socket is gone then. */
export interface ServedAgent extends AsyncDisposable {
  /** A path of the socket for this process and its children, short enough for `connect` wherever the socket is. */
  readonly path: string
}

/**
 * Lets an agent answer at a socket, which only the owner of its folder can reach yet.
 * @param place absolute path, of any length; its folder is there, and is for nobody else
 */
export async function serve(agent: Agent, place: string): Promise<ServedAgent> {
  // A path in `bind` has at most 107 bytes, which the folder of a store easily has alone: it is named by its handle.
  const folder = await open(path.dirname(place))
  const name = path.basename(place)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy()) // also once the conversation is over, when nobody else hears of it
    void converse(socket, agent)
  })
  server.listen(`/proc/self/fd/${folder.fd}/${name}`)
  await once(server, 'listening')
  return {
    path: `/proc/${pid}/fd/${folder.fd}/${name}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      // Closing removes the socket by the name it was bound to, so the handle goes last.
      await new Promise((resolve) => server.close(resolve))
      await folder.close()
    },
  }
}

/** Answers one message after the other. What cannot be understood or answered ends the conversation. */
async function converse(socket: Socket, agent: Agent): Promise<void> {
  const connection = agent.connect()
  try {
    for await (const asked of messagesIn(socket)) socket.write(framed(await connection.request(asked)))
    socket.end()
  } catch (error) {
    socket.destroy()
    if (!isBroken(error)) throw error
  } finally {
    connection.close()
  }
}

/** Somebody has gone away, or talks nonsense: nothing that a build has to know. */
function isBroken(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && ('syscall' in error || isCutShort(error)))
}

function isCutShort(error: Error): boolean {
  return isSystemError(error, 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR')
}
