import { closeSync, createWriteStream } from 'node:fs'
import { isSystemError } from '../../errors.ts'
import { makePipe } from '../../syscalls/index.ts'
import type { StepInput } from './sandbox.ts'

/**
 * Runs `work` with an input for a command into which these bytes are written. The command does not get the caller's own
 * handle: as root it could open what that is of again, to write.
 */
export async function withPipedInput<T>(
  bytes: AsyncIterable<Uint8Array>,
  work: (input: StepInput) => Promise<T>,
): Promise<T> {
  const { reader, writer } = makePipe()
  const pipe = createWriteStream('', { fd: writer })
  pipe.on('error', () => {}) // nobody reads on, and the write below says so
  const end = new AbortController()
  void pass(bytes, pipe, end.signal)
  try {
    return await work({ kind: 'handle', handle: reader })
  } finally {
    end.abort()
    closeSync(reader)
    pipe.destroy()
  }
}

async function pass(bytes: AsyncIterable<Uint8Array>, pipe: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (signal.aborted) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      pipe.write(chunk, (error) => (error ? reject(error) : resolve()))
      await promise
    }
    pipe.end()
  } catch (error) {
    if (!signal.aborted && !isSystemError(error, 'EPIPE', 'ERR_STREAM_DESTROYED')) pipe.end()
  }
}
