import { TsbuildError } from '../errors.ts'
import { bearWith } from './bear-with.ts'
import { endOf, messageTo, type Outgoing, type Upload, type Uploaded, type UploadPorts } from './outgoing.ts'
import { nextPlace } from './place.ts'
import { pullScope } from './scopes.ts'
import { trySending } from './send-blob.ts'

/**
 * Puts a blob into a repository: looks whether it is there, asks the registry to take it from another repository, else sends
 * it: in one request first, which every registry takes; where that broke, in pieces from what the registry has of it. The
 * last byte is sent only if all are those of the digest. Attempts count anew as often as the registry has more of it than ever
 * before. Where a connection broke and the registry has forgotten what it had, pieces become smaller.
 * @throws {TsbuildError} TSB_UPLOAD_CHANGED, TSB_UPLOAD_LOCATION and those of `Client`
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
 */
export async function uploadBlob(ports: UploadPorts, blob: Outgoing): Promise<Uploaded> {
  if (await isThere(ports, blob)) return 'there'
  let upload = await begin(ports, blob, blob.elsewhere)
  if (upload !== 'mounted') await blob.ready?.()
  let furthest = 0
  let form: 'whole' | 'pieces' = 'whole'
  let cuts = 0
  for (let attempt = 1; upload !== 'mounted'; attempt++) {
    const failure = await trySending(ports, blob, upload, form)
    if (!failure) return 'sent'
    if (upload.offset > furthest) {
      furthest = upload.offset
      attempt = 1
    }
    await bearWith(ports, failure, attempt, form)
    // The answer alone may have been lost.
    if (await isThere(ports, blob)) return 'sent'
    form = 'pieces'
    const rest = await resumed(ports, upload, blob)
    if (rest && rest.offset > furthest) {
      furthest = rest.offset
      attempt = 0
      upload = rest
      continue
    }
    if (failure.kind === 'broken') cuts++
    const again = rest ?? (await begin(ports, blob, undefined))
    upload = again === 'mounted' ? again : inPieces(again, ports.chunkSize, cuts)
  }
  return upload
}

/** Bytes of the smallest pieces, unless it was said that they be smaller from the beginning. */
const smallest = 1 << 20

/**
 * In pieces that are smaller the oftener a connection was cut: many registries count none but whole ones, and what cuts
 * connections may do so by their bytes.
 */
function inPieces(upload: Upload, chunkSize: number, cuts: number): Upload {
  const size = Math.max(Math.floor(chunkSize / 4 ** cuts), Math.min(chunkSize, smallest))
  return { ...upload, chunkSize: Math.max(size, upload.least), alone: cuts > 0 }
}

/** A registry that sends on to where its blobs lie says that it has it. */
async function isThere({ client, endpoint, signal }: UploadPorts, { descriptor }: Outgoing): Promise<boolean> {
  const path = `blobs/${descriptor.digest}`
  const message = messageTo(endpoint, 'HEAD', new URL(path, endpoint.base), path)
  const answer = await client.ask(endpoint, message, signal, (status) => status < 400 || status === 404)
  return answer.status !== 404
}

async function begin(ports: UploadPorts, blob: Outgoing, elsewhere: string | undefined): Promise<Upload | 'mounted'> {
  const { repository, host } = ports.endpoint
  // Who may not read the other repository, or a registry that knows no mounts, gets an upload as any other.
  const mounted = elsewhere === undefined || elsewhere === repository ? undefined : await post(ports, blob, elsewhere)
  const begun = mounted ?? (await post(ports, blob, undefined))
  if (begun) return begun
  throw new Error(`${host} refused an upload and was heard as if it had not`)
}

/** @returns undefined when a mount is refused */
async function post(
  { client, endpoint, chunkSize, signal }: UploadPorts,
  { descriptor }: Outgoing,
  from: string | undefined,
): Promise<Upload | 'mounted' | undefined> {
  const url = new URL('blobs/uploads/', endpoint.base)
  if (from !== undefined)
    url.search = `?mount=${encodeURIComponent(descriptor.digest)}&from=${encodeURIComponent(from)}`
  const usual = messageTo(endpoint, 'POST', url, 'blobs/uploads/')
  const scopes = [...usual.scopes, ...(from === undefined ? [] : [pullScope(from)])]
  const isRefused = (status: number) => from !== undefined && status >= 400 && status < 500 && status !== 429
  const wants = (status: number) => status === 201 || status === 202 || isRefused(status)
  const message = { ...usual, scopes, headers: { 'content-length': '0' } }
  const answer = await client.ask(endpoint, message, signal, wants).catch((error: unknown) => {
    // Some token servers give no token at all to who may not read one of the repositories.
    if (from !== undefined && isNoToken(error)) return undefined
    throw error
  })
  if (!answer || isRefused(answer.status)) return undefined
  if (answer.status === 201 && from !== undefined) return 'mounted'
  const asked = Number(answer.headers['oci-chunk-min-length'] ?? 0)
  const least = asked > 0 ? asked : 0
  return {
    next: nextPlace(endpoint, url, answer),
    offset: 0,
    least,
    chunkSize: Math.max(least, chunkSize),
    alone: false,
  }
}

function isNoToken(error: unknown): boolean {
  const codes = ['TSB_REGISTRY_DENIED', 'TSB_REGISTRY_STATUS', 'TSB_IMAGE_NOT_FOUND']
  return error instanceof TsbuildError && codes.includes(error.code)
}

/** Asks how far an upload has come; undefined when the registry does not know it any more. */
async function resumed(
  { client, endpoint, signal }: UploadPorts,
  upload: Upload,
  { descriptor }: Outgoing,
): Promise<Upload | undefined> {
  const message = messageTo(endpoint, 'GET', upload.next, 'blobs/uploads/…')
  const wants = (status: number) => status === 204 || (status >= 400 && status < 500 && status !== 429)
  const answer = await client.ask(endpoint, message, signal, wants)
  if (answer.status !== 204) return undefined
  const offset = endOf(answer.headers['range'])
  // `0-0` is said of an upload with one byte and of one with none.
  if (offset === undefined || offset <= 1 || offset > descriptor.size) return undefined
  const next = answer.headers.location === undefined ? upload.next : nextPlace(endpoint, upload.next, answer)
  return { ...upload, next, offset }
}
