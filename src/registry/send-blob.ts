import { TsbuildError } from '../errors.ts'
import { drained, type HttpResponse } from '../http/index.ts'
import { changedError, endOf, messageTo, type Outgoing, type Upload, type UploadPorts } from './outgoing.ts'
import { type Pieces, piecesOf, rightToTheEnd, withoutFirst } from './pieces.ts'
import { nextPlace } from './place.ts'

/** Why sending did not come to its end, and at which request. */
export type Failure = { readonly request: string } & (
  | { readonly kind: 'broken'; readonly error: unknown }
  | { readonly kind: 'refused'; readonly response: HttpResponse }
)

/** A part of the body was taken, and then the registry wanted to know again who asks. */
class TakenError extends Error {
  readonly code = 'ECONNRESET'
}

/**
 * Sends what is missing of a blob and names it. `upload` says afterwards how far that came.
 * @param form in one PUT with its name, or in PATCHes with a PUT at the end
 * @returns undefined when the blob is there
 */
export async function trySending(
  ports: UploadPorts,
  blob: Outgoing,
  upload: Upload,
  form: 'whole' | 'pieces',
): Promise<Failure | undefined> {
  const { descriptor } = blob
  const changed = () => changedError(blob, ports.endpoint)
  const bytes = withoutFirst(rightToTheEnd(blob.open(), descriptor, changed), upload.offset)
  await using pieces = piecesOf(bytes)
  if (form === 'whole') return await put(ports, upload, blob, pieces, descriptor.size)
  while (upload.offset < descriptor.size) {
    const length = Math.min(upload.chunkSize, descriptor.size - upload.offset)
    const failure = await patch(ports, upload, pieces, length)
    if (failure) return failure
  }
  return await put(ports, upload, blob, pieces, 0)
}

async function patch(ports: UploadPorts, upload: Upload, pieces: Pieces, length: number): Promise<Failure | undefined> {
  const { offset, next } = upload
  const headers = { 'content-range': `${offset}-${offset + length - 1}` }
  const answer = await sent(ports, 'PATCH', next, headers, body(ports, pieces, offset, length), length, upload.alone)
  if (answer.kind !== 'answer') return answer
  const { response } = answer
  if (response.status !== 202) return { ...answer, kind: 'refused' }
  await drained(response)
  upload.next = nextPlace(ports.endpoint, next, response)
  upload.offset = offset + length
  const there = endOf(response.headers['range'])
  if (there === undefined || there === upload.offset) return undefined
  return {
    kind: 'broken',
    request: answer.request,
    error: new TakenError(`${there} of ${upload.offset} bytes are there`),
  }
}

async function put(
  ports: UploadPorts,
  upload: Upload,
  { descriptor }: Outgoing,
  pieces: Pieces,
  length: number,
): Promise<Failure | undefined> {
  const url = new URL(upload.next)
  url.search += `${url.search === '' ? '?' : '&'}digest=${encodeURIComponent(descriptor.digest)}`
  const answer = await sent(ports, 'PUT', url, {}, body(ports, pieces, upload.offset, length), length)
  if (answer.kind !== 'answer') return answer
  if (answer.response.status !== 201 && answer.response.status !== 204) return { ...answer, kind: 'refused' }
  await drained(answer.response)
  return undefined
}

type Sent = Failure | { readonly kind: 'answer'; readonly request: string; readonly response: HttpResponse }

async function sent(
  { client, endpoint, signal }: UploadPorts,
  method: 'PATCH' | 'PUT',
  url: URL,
  headers: Readonly<Record<string, string>>,
  bytes: () => AsyncIterable<Uint8Array>,
  length: number,
  alone = false,
): Promise<Sent> {
  const message = {
    ...messageTo(endpoint, method, url, 'blobs/uploads/…'),
    headers: { ...headers, 'content-length': String(length), 'content-type': 'application/octet-stream' },
    body: bytes,
    // Some registries copy and hash the whole blob before they say that it is there.
    slow: method === 'PUT',
    alone,
  }
  const { request } = message
  try {
    return { kind: 'answer', request, response: await client.send(endpoint, message, signal) }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof TsbuildError) throw error
    return { kind: 'broken', request, error }
  }
}

/** The next piece, as a body. It can be had again only as long as nothing of it was taken. */
function body(
  { report, signal }: UploadPorts,
  pieces: Pieces,
  from: number,
  length: number,
): () => AsyncIterable<Uint8Array> {
  let taken = 0
  return async function* () {
    if (taken > 0) throw new TakenError('who asks has to be said again in the middle of sending')
    for await (const chunk of readable(pieces.next(length))) {
      signal?.throwIfAborted()
      taken += chunk.length
      yield chunk
      report?.(from + taken)
    }
  }
}

/** That a file cannot be read says nothing about the registry. */
async function* readable(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    if (error instanceof TsbuildError || !(error instanceof Error)) throw error
    throw new TsbuildError('TSB_UPLOAD_READ', `cannot read what is to be sent: ${error.message}`, { cause: error })
  }
}
