import * as z from 'zod/mini'
import { TsbuildError } from '../../errors.ts'
import { defaultPatience, type Http, isSuccess, mayRedirect, type Neighbourhood, readBody } from '../../http/index.ts'
import { parseJson } from '../../image/index.ts'
import { type Asked, asking, type Outcome, refused } from '../errors.ts'

/** The calls of GitHub's cache service, version 2. */
export interface Calls {
  readonly host: string
  /** @returns the URL to send its bytes to; undefined when there is an entry of this key, or somebody writes one */
  create(key: string, signal: AbortSignal | undefined): Promise<URL | undefined>
  finish(key: string, size: number, signal: AbortSignal | undefined): Promise<void>
  /** @returns the newest entry whose key begins so */
  find(key: string, signal: AbortSignal | undefined): Promise<{ readonly key: string; readonly url: URL } | undefined>
  /** Called with where the host of such a URL lies. @throws {TsbuildError} TSB_CACHE_SERVICE for one that no answer may lead to */
  admit(neighbourhood: Neighbourhood): void
}

const service = 'twirp/github.actions.results.api.v1.CacheService'
/** Bytes of an answer. */
const longestAnswer = 64 << 10

const text = z.optional(z.string().check(z.maxLength(16 << 10)))
const answerSchema = z.object({
  ok: z.optional(z.boolean()),
  signed_upload_url: text,
  signedUploadUrl: text,
  signed_download_url: text,
  signedDownloadUrl: text,
  matched_key: text,
  matchedKey: text,
})
type Answer = z.infer<typeof answerSchema>

/** @param version all that is written with one is read with it alone */
export function openCalls(base: URL, token: string, version: string, http: Http): Calls {
  let place: Neighbourhood | undefined
  const call = async (method: string, fields: object, signal: AbortSignal | undefined, others: readonly number[]) => {
    const asked: Asked = { host: base.host, request: `POST ${method}` }
    const url = new URL(`/${service}/${method}`, base)
    const body = new TextEncoder().encode(JSON.stringify({ ...fields, version }))
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': String(body.length),
    }
    const admit = (to: Neighbourhood) => {
      place ??= to
    }
    const answer = await asking(asked, defaultPatience, signal, async (): Promise<Outcome<Answer>> => {
      const response = await http.send({ method: 'POST', url, headers, body: [body], admit }, signal)
      const bytes = await readBody(response, longestAnswer, `the answer of ${base.host}`)
      if (isSuccess(response.status)) return { kind: 'done', value: readAnswer(bytes, asked) }
      return {
        kind: 'refused',
        refusal: { status: response.status, code: codeOf(bytes), retryAfter: response.headers['retry-after'] },
      }
    })
    if ('value' in answer) return answer.value
    if (others.includes(answer.refusal.status)) return undefined
    throw refused(asked, answer.refusal, answer.attempt)
  }
  return {
    host: base.host,
    async create(key, signal) {
      const answer = await call('CreateCacheEntry', { key }, signal, [409])
      return answer?.ok ? signedUrl(answer.signed_upload_url ?? answer.signedUploadUrl, base) : undefined
    },
    async finish(key, size, signal) {
      const answer = await call('FinalizeCacheEntryUpload', { key, size_bytes: String(size) }, signal, [])
      if (!answer?.ok)
        throw refused(
          { host: base.host, request: 'POST FinalizeCacheEntryUpload' },
          { status: 200, code: 'ok:false' },
          1,
        )
    },
    async find(key, signal) {
      const answer = await call('GetCacheEntryDownloadURL', { key, restore_keys: [key] }, signal, [404])
      if (!answer?.ok) return undefined
      const url = signedUrl(answer.signed_download_url ?? answer.signedDownloadUrl, base)
      return { key: answer.matched_key ?? answer.matchedKey ?? '', url }
    },
    admit(to) {
      if (!mayRedirect(place ?? 'public', to)) throw wrongAnswer(base, `an answer leads to a ${to} address`)
    },
  }
}

function readAnswer(bytes: Uint8Array, { host }: Asked): Answer {
  const read = answerSchema.safeParse(parseJson(bytes, `the answer of ${host}`, longestAnswer, 32))
  if (read.success) return read.data
  throw new TsbuildError('TSB_CACHE_SERVICE', `${host} answers what is not of the cache service, version 2`, {
    hint: 'take the URL of ACTIONS_RESULTS_URL',
  })
}

/** A code of twirp: `already_exists`. */
function codeOf(bytes: Uint8Array): string {
  try {
    const { code } = JSON.parse(Buffer.from(bytes).toString()) as { readonly code?: unknown }
    return typeof code === 'string' ? code : ''
  } catch {
    return ''
  }
}

/** Where bytes are got or sent; its query is a key. */
function signedUrl(value: string | undefined, base: URL): URL {
  const url = value !== undefined && URL.canParse(value) ? new URL(value) : undefined
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && base.protocol === 'http:'))) {
    throw wrongAnswer(base, 'it answers without an https URL')
  }
  return url
}

function wrongAnswer({ host }: URL, why: string): TsbuildError {
  return new TsbuildError('TSB_CACHE_SERVICE', `the cache service of ${host} cannot be used: ${why}`)
}
