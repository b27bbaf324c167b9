import { sha256Hasher } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { delay, type HttpResponse, isTransient, type Patience, pause, tellBroken } from '../http/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { Client } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { afterMirrors, damagedHint, digestMismatch, passedOver, type Tried, unreachableError } from './errors.ts'
import type { Settle } from './settle.ts'

/** Who is asked for a blob, in this order. */
export interface BlobPorts {
  readonly client: Client
  readonly endpoints: readonly Endpoint[]
  /** Called before an endpoint is asked; throws when it may not be. */
  readonly admit: (endpoint: Endpoint, signal: AbortSignal | undefined) => Promise<Endpoint>
  /** What is asked instead of one that failed, if anything is. */
  readonly instead: Settle['after']
  readonly patience: Patience
  readonly notice: (message: string) => void
}

/**
 * The bytes of a blob, as they come. A connection that breaks is taken up where it broke, at the next endpoint when a
 * mirror gives up. Only when the last piece was taken without an error are they what the descriptor names: keep them aside
 * until then.
 * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH, and those of `Client.get`
 */
export async function* pullBlob(
  ports: BlobPorts,
  descriptor: Descriptor,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const hasher = sha256Hasher()
  let received = 0
  const tried: Tried[] = []
  const endpoints = [...ports.endpoints]
  for (let candidate = endpoints.shift(); candidate; candidate = endpoints.shift()) {
    let endpoint = candidate
    try {
      endpoint = await ports.admit(candidate, signal)
      for await (const chunk of bytesFrom(ports, endpoint, descriptor, received, signal)) {
        received += chunk.length
        hasher.update(chunk)
        yield chunk
      }
      if (hasher.digest() !== descriptor.digest) throw digestMismatch(nameOf(endpoint, descriptor))
      return
    } catch (error) {
      signal?.throwIfAborted()
      const instead = received === 0 ? await ports.instead(endpoint, error, signal) : undefined
      if (instead) {
        endpoints.unshift(instead)
        continue
      }
      if (!endpoint.mirror || received === descriptor.size) throw afterMirrors(error, tried)
      tried.push({ host: endpoint.host, error })
      ports.notice(passedOver(endpoint, error))
    }
  }
}

/** Bytes that an attempt has to bring for it not to count among those that failed. */
const progress = 16 << 10

/** From one endpoint, from a byte on to the end of the blob: exactly as many as the descriptor says. */
async function* bytesFrom(
  { client, patience }: BlobPorts,
  endpoint: Endpoint,
  descriptor: Descriptor,
  from: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  let offset = from
  let furthest = from
  for (let attempt = 1; ; attempt++) {
    try {
      for await (const chunk of requestFrom(client, endpoint, descriptor, offset, signal)) {
        offset += chunk.length
        if (offset > descriptor.size) throw tooLong(endpoint, descriptor)
        yield chunk
      }
      if (offset < descriptor.size) throw truncated(endpoint, descriptor, offset)
      return
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof TsbuildError) throw error
      if (offset - furthest >= progress) attempt = 0
      if (attempt >= patience.attempts || !isTransient(error)) throw broken(endpoint, descriptor, attempt, error)
      furthest = offset
      // That it goes on is nothing to tell.
      if (attempt > 0) tellBroken(patience, endpoint.host, error, attempt)
      await pause(delay(patience, Math.max(attempt, 1)), signal)
    }
  }
}

/** One request. A server that sends all of it again has the first bytes dropped: the hash is over what is passed on. */
async function* requestFrom(
  client: Client,
  endpoint: Endpoint,
  descriptor: Descriptor,
  from: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  const range = from > 0 ? { range: `bytes=${from}-` } : {}
  const response = await client.get(endpoint, `blobs/${descriptor.digest}`, range, signal)
  try {
    if (Number(response.headers['content-length'] ?? 0) > descriptor.size) throw tooLong(endpoint, descriptor)
    let skip = isContinued(response, from) ? 0 : from
    for await (const chunk of response.body) {
      const dropped = Math.min(skip, chunk.length)
      skip -= dropped
      if (dropped < chunk.length) yield chunk.subarray(dropped)
    }
  } finally {
    response.discard()
  }
}

function isContinued(response: HttpResponse, from: number): boolean {
  return response.status === 206 && response.headers['content-range']?.startsWith(`bytes ${from}-`) === true
}

function nameOf({ host, repository }: Endpoint, { digest }: Descriptor): string {
  return `blob ${digest} of ${host}/${repository}`
}

function tooLong(endpoint: Endpoint, descriptor: Descriptor): TsbuildError {
  const name = nameOf(endpoint, descriptor)
  const message = `${name} is longer than the ${descriptor.size} bytes it should have`
  return new TsbuildError('TSB_BLOB_TOO_LONG', message, { hint: damagedHint })
}

function truncated(endpoint: Endpoint, descriptor: Descriptor, received: number): TsbuildError {
  const name = nameOf(endpoint, descriptor)
  const message = `${name} ends after ${received} of ${descriptor.size} bytes`
  return new TsbuildError('TSB_BLOB_TRUNCATED', message, { hint: damagedHint })
}

function broken(endpoint: Endpoint, { digest }: Descriptor, attempts: number, cause: unknown): TsbuildError {
  return unreachableError(
    { host: endpoint.host, request: `GET ${endpoint.repository}/blobs/${digest}` },
    attempts,
    cause,
  )
}
