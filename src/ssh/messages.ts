import { uint32 } from './wire.ts'

/**
 * The messages of the agent protocol that mean something here.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-sshm-ssh-agent
 */
export const message = {
  failure: 5,
  requestIdentities: 11,
  identitiesAnswer: 12,
  signRequest: 13,
  signResponse: 14,
} as const

/** What an agent says to all that it does not do. */
export const failure: Uint8Array = Uint8Array.of(message.failure)

/** Longest message that is taken, in bytes; that of OpenSSH. */
const messageLimit = 256 * 1024

/** A message as it goes over a connection. */
export function framed(body: Uint8Array): Buffer {
  return Buffer.concat([uint32(body.length), body])
}

/**
 * Parts what comes over a connection into messages.
 * @throws {RangeError} for a message above the limit, or when the connection ends within one
 */
export async function* messagesIn(stream: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let pending = Buffer.alloc(0)
  for await (const chunk of stream) {
    pending = Buffer.concat([pending, chunk])
    for (let length = lengthOf(pending); length !== undefined; length = lengthOf(pending)) {
      if (length > messageLimit) throw new RangeError(`a message of ${length} bytes`)
      if (pending.length < 4 + length) break
      yield pending.subarray(4, 4 + length)
      pending = pending.subarray(4 + length)
    }
  }
  if (pending.length > 0) throw new RangeError('the connection ends within a message')
}

function lengthOf(pending: Buffer): number | undefined {
  return pending.length < 4 ? undefined : pending.readUInt32BE()
}
