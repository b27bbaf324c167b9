import { setTimeout as sleep } from 'node:timers/promises'
import { TsbuildError } from '../errors.ts'
import { type Asked, isTransient, statusError, unreachableError } from './errors.ts'
import { type HttpResponse, readBody } from './http.ts'

/** How long a registry is borne with. */
export interface Patience {
  /** How often something is tried, the first time included. */
  readonly attempts: number
  /** Milliseconds before the second try; each further one waits twice as long. */
  readonly delayMs: number
  /** Milliseconds that a `Retry-After` may ask for. */
  readonly maximumDelayMs: number
  /** Milliseconds without a byte after which a connection is given up. */
  readonly idleMs: number
}

export const defaultPatience: Patience = { attempts: 4, delayMs: 500, maximumDelayMs: 30_000, idleMs: 30_000 }

/**
 * Sends a request and takes what is wanted from an answer with a status from 200 to 299. Tries again what may pass by
 * itself: connections that break, 429 and 5xx.
 * @throws {TsbuildError} TSB_REGISTRY_UNREACHABLE, or by status TSB_IMAGE_NOT_FOUND, TSB_REGISTRY_DENIED,
 *   TSB_REGISTRY_STATUS
 */
export async function retrying<T>(
  asked: Asked,
  patience: Patience,
  signal: AbortSignal | undefined,
  send: () => Promise<HttpResponse>,
  take: (response: HttpResponse) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const last = attempt >= patience.attempts
    const outcome = await attemptOnce(signal, send, take)
    if (outcome.kind === 'taken') return outcome.value
    if (outcome.kind === 'broken') {
      if (last || !isTransient(outcome.error)) throw unreachableError(asked, attempt, outcome.error)
    } else {
      const { response, detail } = outcome
      if (last || !isTransientStatus(response.status)) throw statusError(asked, response.status, detail, attempt)
    }
    await pause(delay(patience, attempt, outcome.kind === 'refused' ? outcome.response : undefined), signal)
  }
}

type Outcome<T> =
  | { readonly kind: 'taken'; readonly value: T }
  | { readonly kind: 'refused'; readonly response: HttpResponse; readonly detail: string }
  | { readonly kind: 'broken'; readonly error: unknown }

/** What tsbuild itself refuses, and an abort, are thrown: trying again mends neither. */
async function attemptOnce<T>(
  signal: AbortSignal | undefined,
  send: () => Promise<HttpResponse>,
  take: (response: HttpResponse) => Promise<T>,
): Promise<Outcome<T>> {
  try {
    const response = await send()
    if (response.status >= 200 && response.status < 300) return { kind: 'taken', value: await take(response) }
    return { kind: 'refused', response, detail: await explain(response) }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof TsbuildError) throw error
    return { kind: 'broken', error }
  }
}

function isTransientStatus(status: number): boolean {
  return status === 429 || status >= 500
}

/** Milliseconds. A `Retry-After` that is a date is let be: it needs a clock that agrees with the registry's. */
function delay(patience: Patience, attempt: number, response: HttpResponse | undefined): number {
  const header = response?.headers['retry-after']
  const asked = header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1000 : undefined
  return Math.min(asked ?? patience.delayMs * 2 ** (attempt - 1), patience.maximumDelayMs)
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal && { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

/** What the registry says about an error, as plain text of one line; `''` when it says nothing that can be read. */
async function explain(response: HttpResponse): Promise<string> {
  try {
    const body = await readBody(response, 64 << 10, 'the answer')
    const { errors } = JSON.parse(new TextDecoder().decode(body)) as { errors?: readonly { message?: unknown }[] }
    const message = errors?.[0]?.message
    return typeof message === 'string' ? message.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200) : ''
  } catch {
    // The status alone tells what went wrong: an unreadable explanation of it is no error of its own.
    response.discard()
    return ''
  }
}
