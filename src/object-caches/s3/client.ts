import { Readable } from 'node:stream'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3CachePlace } from '../../cache-options.ts'
import { TsbuildError } from '../../errors.ts'
import type { Http, HttpMessage } from '../../http/index.ts'
import { revealed } from '../../secret.ts'
import { limitedStream } from '../limited.ts'
import type { S3Location } from '../location.ts'
import type { ServicePorts } from '../service.ts'

/** Keys that somebody wrote down. */
export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Milliseconds that looking for keys may take: on a machine of nobody's cloud its services do not answer. */
const longestLookup = 10_000

/**
 * AWS's own client, over our connections: they know proxies and certificates, and when to give up. It tries nothing twice,
 * since who asks does.
 * @param limit bytes of an answer that is no object
 */
export function openS3(
  { region, endpoint, usePathStyle }: S3Location,
  keys: Keys | undefined,
  http: Http,
  limit: number,
): { readonly client: S3Client; readonly ready: () => Promise<void> } {
  const client = new S3Client({
    // A service of one's own has one region mostly, whatever it is called.
    ...((region ?? (endpoint && 'us-east-1')) && { region: region ?? 'us-east-1' }),
    ...(endpoint !== undefined && { endpoint }),
    ...(keys && { credentials: keys }),
    forcePathStyle: usePathStyle,
    followRegionRedirects: true,
    maxAttempts: 1,
    // Other services do not know the trailers that these come in; our own digests are looked at in any case.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: handlerOver(http, limit),
  })
  let found: Promise<void> | undefined
  return {
    client,
    ready() {
      found ??= findKeys(client)
      return found
    },
  }
}

/** @throws {TsbuildError} TSB_CACHE_DENIED when nobody has keys, or names no region */
async function findKeys({ config }: S3Client): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('nobody answers')), longestLookup)
  try {
    await Promise.race([Promise.all([config.credentials(), config.region()]), late])
  } catch (error) {
    const isRegion = error instanceof Error && /region/i.test(error.message)
    throw new TsbuildError('TSB_CACHE_DENIED', `no ${isRegion ? 'region of S3 is named' : 'keys for S3 are found'}`, {
      hint: isRegion
        ? 'write region=NAME, or set AWS_REGION'
        : 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give access_key_id= and secret_access_key=',
      cause: error,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** What the client sends. */
interface Sent {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

function handlerOver(http: Http, limit: number): NonNullable<S3ClientConfig['requestHandler']> {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request: Sent, { abortSignal }: { readonly abortSignal?: unknown } = {}) {
      const { method, protocol, hostname, port, path, query, headers, body } = request
      const url = new URL(`${protocol}//${hostname}${port ? `:${port}` : ''}${path}${queryOf(query)}`)
      const { expect: _, host: __, ...sent } = headers
      const bytes = bytesOf(body)
      const message: HttpMessage = {
        method: method as HttpMessage['method'],
        url,
        headers: { ...sent, 'content-length': String(bytes?.length ?? 0) },
        admit: () => {},
        ...(bytes && { body: [bytes] }),
      }
      const {
        status,
        headers: answered,
        body: answer,
      } = await http.send(message, abortSignal as AbortSignal | undefined)
      // The client holds all of an answer in memory, but that of an object, whose reader knows how much it may be.
      const isObject = method === 'GET' && status >= 200 && status < 300
      const read = isObject ? answer : limitedStream(answer, limit, `an answer of ${url.host}`)
      const pairs = Object.entries(answered).map(([name, value]) => [name, String(value)])
      return {
        response: { statusCode: status, reason: '', headers: Object.fromEntries(pairs), body: Readable.from(read) },
      }
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  }
}

/** All that is sent is in memory. */
function bytesOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body === null || body === '') return undefined
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof Uint8Array) return body
  throw new Error('a body that is not in memory')
}

/** As the signature has it: the names and values of RFC 3986. */
function queryOf(query: Sent['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one: string | null) =>
      one === null ? escaped(name) : `${escaped(name)}=${escaped(one)}`,
    ),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The keys of the options, else those of the environment; else whoever AWS's tools would ask. */
export function keysOf(given: GivenKeys, env: ServicePorts['env']): Keys | undefined {
  if (given.accessKeyId || given.secretAccessKey) return pair(given)
  if (env['AWS_PROFILE']) return undefined
  const [accessKeyId, secretAccessKey, sessionToken] = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN'].map(
    (name) => env[`AWS_${name}`],
  )
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
}

type GivenKeys = Pick<S3CachePlace, keyof Keys>

function pair({ accessKeyId, secretAccessKey, sessionToken }: GivenKeys): Keys {
  if (accessKeyId && secretAccessKey) {
    return {
      accessKeyId: revealed(accessKeyId),
      secretAccessKey: revealed(secretAccessKey),
      ...(sessionToken && { sessionToken: revealed(sessionToken) }),
    }
  }
  throw new TsbuildError('TSB_CACHE_DENIED', 'one of the two keys for S3 is missing', {
    hint: 'give both, access_key_id= and secret_access_key=, or none',
  })
}
