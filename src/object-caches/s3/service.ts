import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { S3CachePlace } from '../../cache-options.ts'
import { TsbuildError } from '../../errors.ts'
import { defaultPatience, type Http } from '../../http/index.ts'
import { type DocumentLimits, mediaTypes } from '../../image/index.ts'
import { openTurns } from '../../turns.ts'
import { gone } from '../errors.ts'
import { limitedBytes } from '../limited.ts'
import type { S3Location } from '../location.ts'
import { readBlob } from '../read-blob.ts'
import type { ObjectCache, ServicePorts } from '../service.ts'
import { keysOf, openS3 } from './client.ts'
import { type Requests, requestsTo } from './requests.ts'
import { upload } from './upload.ts'

const day = 24 * 60 * 60 * 1000

/**
 * A cache in a bucket.
 * @param place with the keys, when they are written down
 * @param key of the manifest
 * @throws {TsbuildError} TSB_CACHE_DENIED for one key without the other
 */
export function openS3Cache(
  place: S3CachePlace,
  location: S3Location,
  key: string,
  http: Http,
  limits: DocumentLimits,
  { env, now }: ServicePorts,
): ObjectCache {
  const { client, ready } = openS3(location, keysOf(place, env), http, limits.manifest)
  const requests = requestsTo(client, ready, location)
  const { touchRefresh: touchMs = day, uploadParallelism: atOnce = 4 } = place
  const { bucket, blobs } = location
  const turns = openTurns(atOnce)
  const name = `s3://${bucket}/${key}`
  let takesConditions = true
  return {
    name,
    touchMs,
    isSure: location.endpoint === undefined,
    async find(signal) {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key })
      const read = async (options: object) => {
        const { Body, ETag } = await client.send(command, options)
        return {
          bytes: await limitedBytes(bytesOf(Body), limits.manifest, `the manifest of ${name}`),
          version: ETag ?? '',
        }
      }
      return requests.ask(requests.asked('GET', key), signal, read, [404])
    },
    async replace(bytes, before, signal) {
      const put = (condition: object, others: readonly number[]) => {
        const command = { Bucket: bucket, Key: key, Body: bytes, ContentType: mediaTypes.manifest, ...condition }
        return requests.ask(
          requests.asked('PUT', key),
          signal,
          (options) => client.send(new PutObjectCommand(command), options),
          others,
        )
      }
      const condition = before ? before.version && { IfMatch: before.version } : { IfNoneMatch: '*' }
      if (!takesConditions || !condition) return (await put({}, [])) !== undefined
      try {
        // 404: somebody took away what was there.
        return (await put(condition, [404, 409, 412])) !== undefined
      } catch (error) {
        if (!isUnknownHeader(error)) throw error
        takesConditions = false
        return (await put({}, [])) !== undefined
      }
    },
    send: (blob, report, signal, isWrong) =>
      turns(async () => {
        const { digest, size } = blob.descriptor
        const label = `sending layer ${digest}`
        const at = `${blobs}${digest}`
        const there = isWrong ? 'absent' : await presence(requests, at, size, now() - touchMs, signal)
        if (there === 'absent') await upload(requests, at, blob, (sent) => report?.(label, sent, size), signal)
        else if (there === 'old') await touch(requests, at, signal)
        report?.(there === 'absent' ? label : `${label} (already there)`, size, size, true)
      }),
    blob(descriptor, signal) {
      const at = `${blobs}${descriptor.digest}`
      const asked = requests.asked('GET', at)
      return readBlob(descriptor, asked, defaultPatience, signal, async (from) => {
        const range = from > 0 ? { Range: `bytes=${from}-` } : {}
        const command = new GetObjectCommand({ Bucket: bucket, Key: at, ...range })
        const found = await requests.ask(asked, signal, (options) => client.send(command, options), [404])
        if (!found) throw gone(`s3://${bucket}`, descriptor.digest)
        const { Body, ContentRange } = found
        const skip = ContentRange?.startsWith(`bytes ${from}-`) ? 0 : from
        return withoutFirst(bytesOf(Body), skip)
      })
    },
  }
}

/** 501: the service does not know what `If-Match` is. */
function isUnknownHeader(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'TSB_CACHE_SERVICE' && / answers 501\b/.test(error.message)
}

type Presence = 'absent' | 'old' | 'fresh'

async function presence(
  requests: Requests,
  key: string,
  size: number,
  since: number,
  signal: AbortSignal | undefined,
): Promise<Presence> {
  const command = new HeadObjectCommand({ Bucket: requests.bucket, Key: key })
  // 403 is what one is told of an absent object who may not list the bucket.
  const found = await requests.ask(
    requests.asked('HEAD', key),
    signal,
    (options) => requests.client.send(command, options),
    [403, 404],
  )
  if (!found || found.ContentLength !== size) return 'absent'
  return found.LastModified && found.LastModified.getTime() < since ? 'old' : 'fresh'
}

/** Gives an object a new time. Where that may not be, it stays as it is: whoever misses it later makes it again. */
async function touch({ client, bucket, ask, asked }: Requests, key: string, signal: AbortSignal | undefined) {
  const source = `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
  const command = { Bucket: bucket, Key: key, CopySource: source, MetadataDirective: 'REPLACE' } as const
  try {
    await ask(asked('PUT', key), signal, (options) => client.send(new CopyObjectCommand(command), options))
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof TsbuildError)) throw error
  }
}

function bytesOf(body: unknown): AsyncIterable<Uint8Array> {
  return body as AsyncIterable<Uint8Array>
}

/** A service that does not know ranges sends all of it. */
async function* withoutFirst(bytes: AsyncIterable<Uint8Array>, count: number): AsyncIterable<Uint8Array> {
  let skip = count
  for await (const chunk of bytes) {
    const dropped = Math.min(skip, chunk.length)
    skip -= dropped
    if (dropped < chunk.length) yield chunk.subarray(dropped)
  }
}
