import { setTimeout as sleep } from 'node:timers/promises'
import { TsbuildError } from '../errors.ts'
import { IdleError, isTransient, reasonOf } from './broken.ts'
import type { HttpResponse } from './http.ts'

/** How long a server is borne with. */
export interface Patience {
  /** How often something is tried, the first time included. */
  readonly attempts: number
  /** Milliseconds before the second try; each further one waits twice as long. */
  readonly delayMs: number
  /** Milliseconds that a `Retry-After` may ask for. */
  readonly maximumDelayMs: number
  /** Milliseconds without a byte after which a connection is given up. */
  readonly idleMs: number
  /** Told of a wait that a server asks for and that people would notice. */
  readonly notice?: (message: string) => void
  /** Told that something is tried again because a connection broke, or nothing came. */
  readonly again?: (message: string) => void
}

export const defaultPatience: Patience = { attempts: 4, delayMs: 500, maximumDelayMs: 30_000, idleMs: 30_000 }

/** Milliseconds of a wait that is told. */
const noticed = 2000

/** What it is called when trying again does not help. */
export interface Failures {
  /** Who is asked, for what is told of a wait. */
  readonly host?: string
  /** Nothing came, or it broke off. */
  unreachable(cause: unknown, attempts: number): TsbuildError
  /** An answer that is not taken. Reads its body or discards it. */
  refused(response: HttpResponse, attempts: number): TsbuildError | Promise<TsbuildError>
}

/**
 * Sends a request and takes what is wanted from its answer. Tries again what may pass by itself: connections that break,
 * also while the answer is taken, 429 and 5xx.
 * @param wants tells by the status which answers are taken; from 200 to 299 when absent
 * @throws {TsbuildError} what `failures` makes; one that `send` or `take` throws is passed on at once
 */
export async function retrying<T>(
  failures: Failures,
  patience: Patience,
  signal: AbortSignal | undefined,
  send: () => Promise<HttpResponse>,
  take: (response: HttpResponse) => Promise<T>,
  wants: (status: number) => boolean = isSuccess,
): Promise<T> {
  const isLast = countingTries(patience)
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(signal, send, take, wants)
    if (outcome.kind === 'taken') return outcome.value
    const last = isLast(outcome.kind === 'broken' ? outcome.error : undefined)
    if (outcome.kind === 'broken') {
      const { error } = outcome
      if (last || !isTransient(error)) throw failures.unreachable(error, attempt)
      tellBroken(patience, failures.host, error, attempt)
      await pause(delay(patience, attempt), signal)
    } else {
      const { response } = outcome
      if (last || !isTransientStatus(response.status)) throw await failures.refused(response, attempt)
      response.discard()
      await waitAsAsked(response, patience, attempt, failures.host, signal)
    }
  }
}

/**
 * Told of each failure, tells whether no try is left. Who did not answer twice, each time for as long as is waited, is not going to.
 */
export function countingTries({ attempts }: Patience): (error: unknown) => boolean {
  let [failed, silent] = [0, 0]
  return (error) => {
    failed++
    if (isSilence(error)) silent++
    return failed >= attempts || silent >= 2
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof IdleError && error.what === 'answer'
}

type Outcome<T> =
  | { readonly kind: 'taken'; readonly value: T }
  | { readonly kind: 'refused'; readonly response: HttpResponse }
  | { readonly kind: 'broken'; readonly error: unknown }

/** What tsbuild itself refuses, and an abort, are thrown: trying again mends neither. */
async function attemptOnce<T>(
  signal: AbortSignal | undefined,
  send: () => Promise<HttpResponse>,
  take: (response: HttpResponse) => Promise<T>,
  wants: (status: number) => boolean,
): Promise<Outcome<T>> {
  try {
    const response = await send()
    return wants(response.status) ? { kind: 'taken', value: await take(response) } : { kind: 'refused', response }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof TsbuildError) throw error
    return { kind: 'broken', error }
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

export function isTransientStatus(status: number): boolean {
  return status === 429 || status >= 500
}

/** Says that something which broke is tried again. */
export function tellBroken(patience: Patience, host = 'the server', error: unknown, attempt: number): void {
  const what = error instanceof IdleError ? error.of(host) : `${host}: ${reasonOf(error)}`
  const again = isSilence(error) ? 'once more' : `again (attempt ${attempt + 1} of ${patience.attempts})`
  patience.again?.(`warning: ${what}, trying ${again}`)
}

/** Milliseconds. A `Retry-After` that is a date is let be: it needs a clock that agrees with the server's. */
export function delay(patience: Patience, attempt: number, retryAfter?: string): number {
  const asked = retryAfter !== undefined && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined
  return Math.min(asked ?? patience.delayMs * 2 ** (attempt - 1), patience.maximumDelayMs)
}

/** Waits before the next try, as long as the answer asks for when it does. */
export function waitAsAsked(
  { status, headers }: HttpResponse,
  patience: Patience,
  attempt: number,
  host: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const milliseconds = delay(patience, attempt, headers['retry-after'])
  if (milliseconds > noticed) {
    patience.notice?.(`${host ?? 'the server'} asks to wait: ${status}, trying again in ${milliseconds / 1000} s`)
  }
  return pause(milliseconds, signal)
}

export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal && { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
