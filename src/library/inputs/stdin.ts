import { TsbuildError } from '../../errors.ts'
import type { Environment } from '../../options.ts'
import { tooLarge } from './local-dockerfile.ts'

/**
 * Standard input as bytes; the signal ends the waiting for them.
 * @throws {TsbuildError} TSB_STDIN_TERMINAL when nothing is sent to it
 */
export function stdinBytes({ stdin }: Environment, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  if (!isTerminal(stdin)) return bytesOf(stdin, signal)
  throw new TsbuildError('TSB_STDIN_TERMINAL', 'standard input is a terminal', {
    hint: 'send a Dockerfile or an archive to it: tsbuild - < context.tar.gz',
  })
}

/** @throws {TsbuildError} TSB_DOCKERFILE_TOO_LARGE, naming what is read */
export async function readAllText(bytes: AsyncIterable<Uint8Array>, name: string, limit: number): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of bytes) {
    parts.push(part)
    size += part.length
    if (size > limit) throw tooLarge(name, limit)
  }
  return new TextDecoder().decode(Buffer.concat(parts))
}

async function* bytesOf(
  stream: NodeJS.ReadableStream,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = stream[Symbol.asyncIterator]()
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => undefined) // nobody waits for it when all has come
  const abort = () => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    for (;;) {
      const next = await Promise.race([chunks.next(), aborted.promise])
      if (next.done) return
      yield Buffer.from(next.value)
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    stream.pause()
  }
}

function isTerminal(stream: NodeJS.ReadableStream & { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true
}
