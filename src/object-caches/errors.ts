import type { Digest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { countingTries, delay, isTransient, isTransientStatus, type Patience, pause, reasonOf } from '../http/index.ts'

/** A request to a service, for messages: neither a query nor a key. */
export interface Asked {
  readonly host: string
  /** `PUT s3://bucket/blobs/sha256:…` */
  readonly request: string
}

/** An answer that is not the one wished for. */
export interface Refusal {
  readonly status: number
  /** As the service names it: `AccessDenied`. */
  readonly code: string
  /** Seconds, as it asks. */
  readonly retryAfter?: string | undefined
}

/** What an attempt came to. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'broken'; readonly error: unknown }

/**
 * Asks until there is an answer that trying again would not change.
 * @throws {TsbuildError} TSB_CACHE_UNREACHABLE; one that an attempt throws is passed on at once
 */
export async function asking<T>(
  asked: Asked,
  patience: Patience,
  signal: AbortSignal | undefined,
  attemptOnce: () => Promise<Outcome<T>>,
): Promise<{ readonly value: T } | { readonly refusal: Refusal; readonly attempt: number }> {
  const isLast = countingTries(patience)
  for (let attempt = 1; ; attempt++) {
    const outcome = await attempted(attemptOnce, signal)
    if (outcome.kind === 'done') return { value: outcome.value }
    const last = isLast(outcome.kind === 'broken' ? outcome.error : undefined)
    if (outcome.kind === 'broken') {
      if (last || !isTransient(outcome.error)) throw unreachable(asked, attempt, outcome.error)
      await pause(delay(patience, attempt), signal)
      continue
    }
    const { refusal } = outcome
    if (last || !isTransientStatus(refusal.status) || refusal.status === 501) return { refusal, attempt }
    await pause(delay(patience, attempt, refusal.retryAfter), signal)
  }
}

async function attempted<T>(once: () => Promise<Outcome<T>>, signal: AbortSignal | undefined): Promise<Outcome<T>> {
  try {
    return await once()
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof TsbuildError) throw error
    return { kind: 'broken', error }
  }
}

/** No answer at all. What a system says names addresses and no more. */
export function unreachable({ host, request }: Asked, attempt: number, error: unknown): TsbuildError {
  return new TsbuildError(
    'TSB_CACHE_UNREACHABLE',
    `cannot reach ${host}: ${reasonOf(error)} (${request}, attempt ${attempt})`,
    { hint: 'check the endpoint and the network', cause: error },
  )
}

/** A blob that a manifest or a record names. */
export function gone(name: string, digest: Digest): TsbuildError {
  return new TsbuildError('TSB_CACHE_GONE', `the cache ${name} has the blob ${digest} no more`, {
    hint: 'the service takes away what is old: what used it is made again, and written anew',
  })
}

/** What the service itself says in words is not repeated: it may hold what was sent. */
export function refused({ host, request }: Asked, { status, code }: Refusal, attempt: number): TsbuildError {
  const what = `${request}, attempt ${attempt}: ${host} answers ${status}${/^[\w.-]{1,80}$/.test(code) ? ` ${code}` : ''}`
  if (status === 401 || status === 403) {
    return new TsbuildError('TSB_CACHE_DENIED', `access denied: ${what}`, {
      hint: 'check the keys, and what they may do there: get and put objects, and list the bucket, which tells what is absent',
    })
  }
  return new TsbuildError('TSB_CACHE_SERVICE', what, {
    ...(status === 404 && { hint: 'check the name of the bucket and the endpoint' }),
    ...(status === 301 && { hint: 'the bucket is in another region: name it with region=' }),
  })
}
