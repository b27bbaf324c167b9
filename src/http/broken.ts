import { isSystemError } from '../errors.ts'

/** The sender said nothing for too long. */
export class IdleError extends Error {
  readonly code = 'ETIMEDOUT'
  readonly what: 'answer' | 'byte'
  readonly #seconds: number

  constructor(what: 'answer' | 'byte', milliseconds: number) {
    super(`no ${what} for ${milliseconds / 1000} s`)
    this.what = what
    this.#seconds = milliseconds / 1000
  }

  of(host: string): string {
    return `no ${this.what} of ${host} for ${this.#seconds} s`
  }
}

/** A host that answered before in this process cannot be reached: it may be starting again. */
export class AwayError extends Error {
  /** As of the cause. */
  readonly code: string

  constructor(cause: NodeJS.ErrnoException) {
    super(reasonOf(cause), { cause })
    this.code = cause.code ?? ''
  }
}

/** What there is to say of a connection to a host that answered before: that may pass, and of one that never did it will not. */
export function asAway(error: unknown): unknown {
  const isAway = isSystemError(error, 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH')
  return isAway ? new AwayError(error) : error
}

/** A failure that may go away by itself. */
export function isTransient(error: unknown): boolean {
  return error instanceof AwayError || isSystemError(error, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN')
}

/** What an error says, for people. Several addresses of a host give one each, below an error without words. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join(', ')
  // What OpenSSL writes is for its authors.
  if (isSslError(cause)) return `TLS: ${cause.reason}`
  return cause instanceof Error ? plainWords(cause.message) : String(cause)
}

/** How Node calls a connection that ends in the middle of an answer, and before one. */
const ends: Readonly<Record<string, string>> = {
  aborted: 'the connection was cut',
  'socket hang up': 'the connection was closed without an answer',
}

/** Without what Node says of itself, and of what OpenSSL writes only the reason: `…:SSL routines:func:REASON:file.c:1:`. */
function plainWords(message: string): string {
  const end = ends[message]
  if (end !== undefined) return end
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1]
  if (reason !== undefined) return `TLS: ${reason}`
  return message.replace(/[;,.]?\s*(if the root CA is installed locally, )?try running Node\.js with \S+/i, '').trim()
}

function isSslError(cause: unknown): cause is Error & { readonly reason: string } {
  return cause instanceof Error && 'reason' in cause && typeof cause.reason === 'string' && 'library' in cause
}
