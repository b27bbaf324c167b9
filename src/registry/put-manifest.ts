import { sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { delay, type Patience, pause } from '../http/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { Client, Message } from './client.ts'
import { messageTo } from './outgoing.ts'
import { addReferrer, referenceIn } from './referrers.ts'
import type { Asking } from './resolve.ts'

/** A manifest or an index, as the bytes that its digest is of. */
export interface OutgoingDocument {
  readonly mediaType: string
  readonly bytes: Uint8Array
  /** Waited for before each try; the error that it throws ends them. */
  readonly before?: () => Promise<void>
}

/**
 * Puts a document under a tag, or without one. All that it names has to be in the repository; what it refers to need not.
 * @param tag undefined: it is reached by its digest alone
 * @throws {TsbuildError} TSB_PUSH_DIGEST when the registry took it for something else, TSB_REGISTRY_STATUS when nothing says
 *   that it took it, and those of `Client`
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
 */
export async function putDocument(
  asking: Asking & { readonly patience: Patience },
  { mediaType, bytes, before }: OutgoingDocument,
  tag: string | undefined,
): Promise<Descriptor> {
  const { endpoint } = asking
  const digest = sha256(bytes)
  const path = `manifests/${tag ?? digest}`
  const message = {
    ...messageTo(endpoint, 'PUT', new URL(path, endpoint.base), path),
    headers: { 'content-type': mediaType, 'content-length': String(bytes.length) },
    body: () => [bytes],
    ...(before && { before }),
  }
  const { status, headers } = await putInTheEnd(asking, message)
  const named = headers['docker-content-digest']
  if (status !== 201 && named === undefined) throw notTaken(asking, message.request, status)
  const descriptor = { mediaType, digest, size: bytes.length }
  if (named === undefined || named === digest) {
    const reference = referenceIn(bytes, descriptor)
    // A registry that lists what refers to an image says so by this header.
    if (reference && headers['oci-subject'] === undefined) {
      await addReferrer(asking, reference.subject, reference.entry)
    }
    return descriptor
  }
  throw new TsbuildError('TSB_PUSH_DIGEST', `${endpoint.host} took ${digest} for ${String(named).slice(0, 80)}`, {
    hint: 'something on the way to the registry changes what passes',
  })
}

/**
 * docker-registry writes the links to blobs in place: who puts a manifest while somebody else pushes the same blob may be told that
 * a digest is wrong, which is right a moment later.
 */
async function putInTheEnd(
  { client, endpoint, patience, signal }: Asking & { readonly patience: Patience },
  message: Message,
): ReturnType<Client['ask']> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.ask(endpoint, message, signal)
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'TSB_PUSH_DIGEST') throw error
      if (attempt >= patience.attempts) {
        const { code, hint } = error
        throw new TsbuildError(code, `${error.message} (${attempt} attempts)`, { hint, cause: error })
      }
      await pause(delay(patience, attempt), signal)
    }
  }
}

/** What answers with success to everything is no registry. */
function notTaken({ endpoint: { host } }: Asking, request: string, status: number): TsbuildError {
  return new TsbuildError(
    'TSB_REGISTRY_STATUS',
    `${request}: ${host} answers ${status}, where a registry that has taken it says 201`,
    { hint: `something else than a registry answers at ${host}: a proxy, or a page that asks who one is` },
  )
}
