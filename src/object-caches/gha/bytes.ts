import { TsbuildError } from '../../errors.ts'
import { defaultPatience, type Http, isSuccess, readBody } from '../../http/index.ts'
import type { Blob } from '../../transfer/index.ts'
import { type Asked, asking, type Outcome, refused } from '../errors.ts'
import { pieceSize, piecesOf } from '../pieces.ts'
import type { Calls } from './calls.ts'

/*
 * The bytes of entries are in Azure's blob storage, behind URLs that are keys themselves: Put Blob, Put Block and Put Block
 * List, and GET of a range.
 */

/** @throws {TsbuildError} TSB_UPLOAD_CHANGED, TSB_CACHE_SERVICE, TSB_CACHE_DENIED, TSB_CACHE_UNREACHABLE */
export async function sendBytes(
  { http, calls, signal }: BytesPorts,
  url: URL,
  blob: Blob,
  report: (sent: number) => void,
): Promise<void> {
  const put = async (query: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>) => {
    const at = new URL(url)
    at.search += query
    const asked: Asked = { host: at.host, request: 'PUT the bytes of an entry' }
    const answer = await asking(asked, defaultPatience, signal, async (): Promise<Outcome<true>> => {
      const lengths = { 'content-length': String(bytes.length) }
      const message = {
        method: 'PUT',
        url: at,
        headers: { ...headers, ...lengths },
        body: [bytes],
        admit: calls.admit,
      } as const
      const response = await http.send(message, signal)
      await readBody(response, 64 << 10, `the answer of ${at.host}`)
      if (isSuccess(response.status)) return { kind: 'done', value: true }
      return { kind: 'refused', refusal: refusalOf(response) }
    })
    if ('refusal' in answer) throw refused(asked, answer.refusal, answer.attempt)
  }
  if (blob.descriptor.size <= pieceSize) {
    for await (const bytes of piecesOf(blob)) await put('', bytes, { 'x-ms-blob-type': 'BlockBlob', ...octets })
    report(blob.descriptor.size)
    return
  }
  const ids: string[] = []
  let sent = 0
  for await (const bytes of piecesOf(blob)) {
    const id = Buffer.from(`block-${String(ids.length).padStart(6, '0')}`).toString('base64')
    await put(`&comp=block&blockid=${encodeURIComponent(id)}`, bytes, octets)
    ids.push(id)
    sent += bytes.length
    report(sent)
  }
  const list = ids.map((id) => `<Latest>${id}</Latest>`).join('')
  const document = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`
  await put('&comp=blocklist', new TextEncoder().encode(document), { 'content-type': 'application/xml' })
}

export interface BytesPorts {
  readonly http: Http
  readonly calls: Calls
  readonly signal: AbortSignal | undefined
}

const octets = { 'content-type': 'application/octet-stream' } as const

/** The bytes of an entry from one of them on. */
export async function getBytes(
  { http, calls, signal }: BytesPorts,
  url: URL,
  from: number,
): Promise<AsyncIterable<Uint8Array>> {
  const asked: Asked = { host: url.host, request: 'GET the bytes of an entry' }
  const answer = await asking(asked, defaultPatience, signal, async (): Promise<Outcome<AsyncIterable<Uint8Array>>> => {
    const headers = from > 0 ? { range: `bytes=${from}-` } : undefined
    const response = await http.get({ url, headers: { ...headers }, admit: calls.admit }, signal)
    const isRight = from > 0 ? response.headers['content-range']?.startsWith(`bytes ${from}-`) : response.status === 200
    if (isSuccess(response.status) && isRight) return { kind: 'done', value: response.body }
    response.discard()
    if (!isSuccess(response.status)) return { kind: 'refused', refusal: refusalOf(response) }
    throw new TsbuildError('TSB_CACHE_SERVICE', `${asked.request}: ${url.host} answers with another part of it`)
  })
  if ('value' in answer) return answer.value
  throw refused(asked, answer.refusal, answer.attempt)
}

function refusalOf({ status, headers }: { readonly status: number; readonly headers: NodeJS.Dict<string | string[]> }) {
  const code = headers['x-ms-error-code']
  const after = headers['retry-after']
  return {
    status,
    code: typeof code === 'string' ? code : '',
    retryAfter: typeof after === 'string' ? after : undefined,
  }
}
