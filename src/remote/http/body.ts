import { createHash, type Hash } from 'node:crypto'
import { TsbuildError } from '../../errors.ts'
import { type HttpResponse, shownUrl } from '../../http/index.ts'
import { type CompressionLimits, gunzip, peek } from '../../tree/index.ts'
import type { HttpLimits } from './ask.ts'
import { tooLarge } from './failures.ts'

type BodyLimits = Omit<HttpLimits, 'patience'>

/** Bytes as they pass, and what they turned out to be. */
export interface Measured {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Of what has passed so far. */
  size(): number
  /** `algorithm:hex` of all; once, at the end. */
  digest(): string
}

/**
 * The file that an answer holds. One that is packed for the way (`Content-Encoding: gzip`, which nobody asked for) is
 * unpacked, as BuildKit does; other encodings stay.
 * @throws {TsbuildError} TSB_HTTP_TOO_LARGE as soon as it is known; TSB_ARCHIVE_… for what does not unpack, or to too much
 */
export function fileIn(response: HttpResponse, url: URL, limits: BodyLimits): AsyncIterable<Uint8Array> {
  const { bytes: limit, unpacking } = limits
  const encoding = response.headers['content-encoding']?.trim().toLowerCase()
  if (encoding === 'gzip') return limited(unpacked(response, url, unpacking), url, limit)
  if (Number(response.headers['content-length'] ?? 0) > limit) {
    response.discard()
    throw tooLarge(url, limit)
  }
  return limited(response.body, url, limit)
}

/** @param algorithm sha256, sha384 or sha512 */
export function measured(bytes: AsyncIterable<Uint8Array>, algorithm: string): Measured {
  const hash: Hash = createHash(algorithm)
  let size = 0
  async function* passing() {
    for await (const chunk of bytes) {
      hash.update(chunk)
      size += chunk.length
      yield chunk
    }
  }
  return { bytes: passing(), size: () => size, digest: () => `${algorithm}:${hash.digest('hex')}` }
}

async function* limited(bytes: AsyncIterable<Uint8Array>, url: URL, limit: number): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > limit) throw tooLarge(url, limit)
    yield chunk
  }
}

/** An empty body is empty, whatever is said about it. */
async function* unpacked({ body }: HttpResponse, url: URL, limits: CompressionLimits): AsyncIterable<Uint8Array> {
  const { first, all } = await peek(body, 1)
  if (first.length === 0) return
  try {
    yield* gunzip(all, limits)
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error
    const { code, hint } = error
    throw new TsbuildError(code, `${shownUrl(url)} is sent gzip-encoded: ${error.message}`, { hint, cause: error })
  }
}
