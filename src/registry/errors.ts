import { isSystemError, TsbuildError } from '../errors.ts'
import { AwayError, type Failures, type HttpResponse, readBody, reasonOf } from '../http/index.ts'
import type { Endpoint } from './endpoint.ts'

/** What is being asked, for messages: `GET docker.io/library/node/manifests/22`. Never holds a query or credentials. */
export interface Asked {
  readonly host: string
  readonly request: string
}

/** What failures are called when a registry is asked for something. */
export function failuresOf(asked: Asked): Failures {
  return {
    host: asked.host,
    unreachable: (cause, attempts) => unreachableError(asked, attempts, cause),
    refused: async (response, attempts) => statusError(asked, response, await explain(response), attempts),
  }
}

/** No answer at all. */
export function unreachableError(asked: Asked, attempts: number, cause: unknown): TsbuildError {
  const reason = reasonOf(cause)
  return new TsbuildError(
    'TSB_REGISTRY_UNREACHABLE',
    `cannot reach ${asked.host}: ${reason} (${asked.request}${times(attempts)})`,
    { hint: reachHint(cause, asked.host), cause },
  )
}

/** An answer that is not what was asked for. */
function statusError(
  asked: Asked,
  { status, headers }: HttpResponse,
  { code, detail }: Explained,
  attempts: number,
): TsbuildError {
  const tries = isRead(asked) ? '' : `, attempt ${attempts}`
  const what = `${asked.request}${tries}: ${asked.host} answers ${status}${detail ? `: ${detail}` : ''}`
  if (/^(MANIFEST_)?BLOB_UNKNOWN$/.test(code) && asked.request.startsWith('PUT ')) {
    return new TsbuildError('TSB_BLOB_UNKNOWN', what, {
      hint: 'a blob was taken away from the registry meanwhile: push once more',
    })
  }
  switch (status) {
    case 404:
      return new TsbuildError('TSB_IMAGE_NOT_FOUND', `not found: ${what}`, { hint: 'check the name and the tag' })
    case 401:
    case 403:
      return new TsbuildError('TSB_REGISTRY_DENIED', `access denied: ${what}`, {
        hint:
          asked.request === 'GET /v2/'
            ? 'check the user and the password'
            : isRead(asked)
              ? `the image does not exist, or it is private: tsbuild login ${asked.host}`
              : `tsbuild login ${asked.host} as a user who may push there`,
      })
    case 429:
      return new TsbuildError('TSB_REGISTRY_STATUS', tries ? what : `${what}${times(attempts)}`, {
        hint: `${asked.host} limits how often it may be asked: wait${asLong(headers['retry-after'])}, or use --registry-mirror`,
      })
    default:
      return new TsbuildError('TSB_REGISTRY_STATUS', tries ? what : `${what}${times(attempts)}`)
  }
}

/** What a `Retry-After` says, seconds or a date, for people. */
function asLong(retryAfter: string | undefined): string {
  if (retryAfter === undefined || !/^[\w ,:+-]{1,40}$/.test(retryAfter)) return ''
  return /^\d+$/.test(retryAfter) ? ` ${retryAfter} s, as it asks` : ` until ${retryAfter}, as it asks`
}

function isRead({ request }: Asked): boolean {
  return /^(GET|token) /.test(request)
}

export const damagedHint = 'the registry, a mirror or something in between is damaged or tampered with'

export function digestMismatch(name: string): TsbuildError {
  return new TsbuildError('TSB_DIGEST_MISMATCH', `${name} has other bytes than its digest says`, {
    hint: damagedHint,
  })
}

/** For people: a mirror that failed is no error as long as the registry itself can be asked. */
export function passedOver({ host }: Endpoint, error: unknown): string {
  return `mirror ${host} is passed over: ${error instanceof Error ? error.message : String(error)}`
}

function times(attempts: number): string {
  return attempts > 1 ? `, ${attempts} attempts` : ''
}

function reachHint(cause: unknown, host: string): string {
  if (cause instanceof AwayError) return 'it answered before: is it being restarted, or is the network down?'
  if (isSystemError(cause, 'ECONNREFUSED')) return `nothing listens there: is the registry ${host} running?`
  if (isSystemError(cause, 'ENOTFOUND', 'EAI_AGAIN')) return 'check the name of the registry and the network'
  const reason = reasonOf(cause)
  if (/alert.*certificate/i.test(reason)) {
    return `it wants to know who asks: put client.cert and client.key into /etc/docker/certs.d/${host}`
  }
  if (/key values mismatch/i.test(reason)) {
    return `client.key is not the key of client.cert in certs.d/${host}: put the pair there that belongs together`
  }
  if (/has expired|not yet valid/i.test(reason)) {
    return `renew its certificate, or check the clock of this machine; --insecure-registry ${host} asks it all the same`
  }
  if (/certificate|self.signed|altnames/i.test(reason)) {
    return `put the certificate of who vouches for it into /etc/docker/certs.d/${host}/ca.crt or ~/.config/containers/certs.d/${host}/ca.crt, or say --insecure-registry ${host}`
  }
  if (/alert|unsupported protocol/i.test(reason))
    return 'its TLS and ours do not fit: it is too old, or set up too strictly'
  if (/EPROTO|TLS|SSL|wrong version/i.test(reason)) {
    return `it speaks no HTTPS: --insecure-registry ${host} if that is meant, or give it a certificate`
  }
  return 'check the network, or use --registry-mirror'
}

interface Explained {
  /** As the specification names it: `MANIFEST_BLOB_UNKNOWN`. */
  readonly code: string
  /** Plain text of one line. */
  readonly detail: string
}

/** What the registry says about an error; `''` for what cannot be read. */
async function explain(response: HttpResponse): Promise<Explained> {
  try {
    const body = await readBody(response, 64 << 10, 'the answer')
    const { errors } = JSON.parse(new TextDecoder().decode(body)) as {
      errors?: readonly { code?: unknown; message?: unknown }[]
    }
    const { code, message } = errors?.[0] ?? {}
    return { code: plain(code), detail: plain(message) }
  } catch {
    // The status alone tells what went wrong: an unreadable explanation of it is no error of its own.
    response.discard()
    return { code: '', detail: '' }
  }
}

function plain(text: unknown): string {
  return typeof text === 'string' ? text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200) : ''
}
