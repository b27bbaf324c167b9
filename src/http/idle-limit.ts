import type { IncomingMessage } from 'node:http'
import { IdleError } from './broken.ts'

/**
 * Counts only the time in which somebody waits for bytes: a slow reader is not a slow sender. One timer serves for many pieces: what
 * it finds when it is up decides.
 */
export async function* withIdleLimit(message: IncomingMessage, idleMs: number): AsyncIterable<Uint8Array> {
  let since: number | undefined = performance.now()
  const look = () => {
    if (message.destroyed) return
    const left = since === undefined ? idleMs : since + idleMs - performance.now()
    if (left > 0) timer = setTimeout(look, left)
    else message.destroy(new IdleError('byte', idleMs))
  }
  let timer = setTimeout(look, idleMs)
  try {
    for await (const chunk of message as AsyncIterable<Uint8Array>) {
      since = undefined
      yield chunk
      since = performance.now()
    }
  } finally {
    clearTimeout(timer)
  }
}
