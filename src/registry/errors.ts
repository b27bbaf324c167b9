import type { Login } from '../credentials/index.ts'
import { isSystemError, TsbuildError } from '../errors.ts'
import { AwayError, type Failures, type HttpResponse, readBody, reasonOf } from '../http/index.ts'
import type { Endpoint } from './endpoint.ts'

/** What is being asked, for messages: `GET docker.io/library/node/manifests/22`. Never holds a query or credentials. */
export interface Asked {
  readonly host: string
  readonly request: string
  /** Something is pushed: that goes to no mirror. */
  readonly pushing?: boolean
  /** The registry for which a token server is asked. */
  readonly tokenFor?: string
  /** The login that was sent, if one was. */
  readonly as?: () => Login | undefined
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
    { hint: reachHint(cause, asked), cause },
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
  if (code === 'DIGEST_INVALID' && /^PUT .*\/manifests\//.test(asked.request)) {
    return new TsbuildError('TSB_PUSH_DIGEST', `${asked.request}: ${asked.host} answers ${status}: ${detail}`, {
      hint: 'what was sent is right: somebody else may write to that repository at this moment, or the registry is damaged',
    })
  }
  switch (status) {
    case 404:
      return new TsbuildError('TSB_IMAGE_NOT_FOUND', `not found: ${what}`, { hint: absentHint(asked) })
    case 401:
    case 403:
      return deniedError(asked, what)
    case 429:
      return new TsbuildError('TSB_REGISTRY_STATUS', tries ? what : `${what}${times(attempts)}`, {
        hint: `${asked.host} limits how often it may be asked: wait${asLong(headers['retry-after'])}${orMirror(asked)}`,
      })
    default:
      return new TsbuildError('TSB_REGISTRY_STATUS', tries ? what : `${what}${times(attempts)}`)
  }
}

/** Says who was refused: a login that is sent and is wrong looks like none. */
function deniedError(asked: Asked, what: string): TsbuildError {
  const registry = asked.tokenFor ?? asked.host
  const login = asked.as?.()
  if (isLogin(asked) || !login) {
    return new TsbuildError('TSB_REGISTRY_DENIED', `access denied: ${what}`, { hint: nobodyHint(asked, registry) })
  }
  const who = login.kind === 'password' ? plain(login.username) : 'the owner of the token'
  const from = login.from === undefined ? '' : `, the login of ${login.from}`
  const may = asked.pushing ? `${who} may not push there` : `the image does not exist, or ${who} may not read it`
  return new TsbuildError('TSB_REGISTRY_DENIED', `access denied: ${what} (asked as ${who}${from})`, {
    hint: `the login may be wrong or out of date, or ${may}: tsbuild login ${registry}`,
  })
}

/** Nothing is asked but whether a login is taken. */
function isLogin({ request, tokenFor }: Asked): boolean {
  return request === 'GET /v2/' || request === `token for ${tokenFor}`
}

function nobodyHint(asked: Asked, registry: string): string {
  if (isLogin(asked)) return 'check the user and the password'
  if (asked.pushing) return `tsbuild login ${registry} as a user who may push there`
  return `the image does not exist, or it is private: tsbuild login ${registry}`
}

function absentHint({ request, pushing }: Asked): string {
  if (pushing) return 'check the name: some registries want a repository to be made before something is pushed'
  if (/\/blobs\/sha256:/.test(request)) return 'the registry has lost it: push the image there once more'
  return /\/sha256:/.test(request) ? 'check the name and the digest' : 'check the name and the tag'
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

/** A mirror that was asked in vain. */
export interface Tried {
  readonly host: string
  readonly error: unknown
}

/** The error of a registry, with what its mirrors said before: one of them may be what was to answer. */
export function afterMirrors(error: unknown, tried: readonly Tried[]): unknown {
  if (tried.length === 0 || !(error instanceof TsbuildError)) return error
  const each = tried.map((mirror) => `${mirror.host}: ${messageOf(mirror.error).slice(0, 200)}`).join('; ')
  const mirrors = tried.length === 1 ? 'the mirror' : 'mirrors'
  return new TsbuildError(error.code, `${error.message} (before that ${mirrors} failed: ${each})`, {
    hint: error.hint,
    cause: error,
  })
}

/** For people: a mirror that failed is no error as long as the registry itself can be asked. */
export function passedOver({ host }: Endpoint, error: unknown): string {
  return `mirror ${host} is passed over: ${messageOf(error)}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function times(attempts: number): string {
  return attempts > 1 ? `, ${attempts} attempts` : ''
}

function orMirror({ pushing }: Asked): string {
  return pushing ? '' : ', or use --registry-mirror'
}

function reachHint(cause: unknown, asked: Asked): string {
  const { host, tokenFor } = asked
  if (cause instanceof AwayError) return 'it answered before: is it being restarted, or is the network down?'
  if (isSystemError(cause, 'ECONNREFUSED') && tokenFor !== undefined) {
    return `nothing listens there: is ${host} running, which gives the tokens of ${tokenFor}?`
  }
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
  if (/altnames/i.test(reason)) {
    return `ask it by a name that its certificate is for, or have ${host.replace(/:\d+$/, '')} put into that; --insecure-registry ${host} asks it all the same`
  }
  if (/certificate|self.signed/i.test(reason)) {
    return `put the certificate of who vouches for it into /etc/docker/certs.d/${host}/ca.crt or ~/.config/containers/certs.d/${host}/ca.crt, or say --insecure-registry ${host}`
  }
  if (/alert|unsupported protocol/i.test(reason))
    return 'its TLS and ours do not fit: it is too old, or set up too strictly'
  if (/EPROTO|TLS|SSL|wrong version/i.test(reason)) {
    return `it speaks no HTTPS: --insecure-registry ${host} if that is meant, or give it a certificate`
  }
  return `check the network${orMirror(asked)}`
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
