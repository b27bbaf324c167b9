import { TsbuildError } from '../errors.ts'
import { defaultPatience, openHttp, type Patience, type Proxies } from '../http/index.ts'
import { type Descriptor, documentLimitsOf, type Platform, type Reference } from '../image/index.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { type Allowed, checkAllowed } from './allowed.ts'
import { pullBlob } from './blob.ts'
import { openClient } from './client.ts'
import { type Endpoint, endpointsOf, type Mirrors } from './endpoint.ts'
import { passedOver } from './errors.ts'
import { type RemoteImage, resolveManifest } from './resolve.ts'

/** Any registry that speaks the distribution API, asked without credentials. */
export interface Registry {
  /**
   * Manifest and config of an image for a platform.
   * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_UNREACHABLE, TSB_REGISTRY_STATUS,
   *   TSB_REGISTRY_DENIED, TSB_DIGEST_MISMATCH and others that say what is wrong with the answer
   */
  resolve(reference: Reference, platform: Platform, signal?: AbortSignal): Promise<RemoteImage>
  /**
   * The bytes of a blob, checked while they pass: an error at the end means that none of them may be used.
   * @param location `host[:port]/repository`, as `RemoteImage` and `BlobOrigin` have it
   * @throws {TsbuildError} TSB_BLOB_TOO_LONG, TSB_BLOB_TRUNCATED, TSB_DIGEST_MISMATCH and those of `resolve`
   */
  blob(location: string, descriptor: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array>
  /** Closes the connections that are kept open. */
  close(): void
}

export interface RegistryOptions {
  readonly mirrors: Mirrors
  /** Who may be asked, mirrors included. What one of them redirects to follows the usual rules. */
  readonly allowed?: Allowed
  readonly userAgent: string
  readonly proxies?: Proxies
  /** Told when a mirror fails and the registry itself is asked. */
  readonly notice?: (message: string) => void
  readonly patience?: Patience
  readonly limits?: Limits
}

/**
 * Opens no connection before something is asked. HTTPS always, but for this machine and mirrors written with `http://`.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function openRegistry(options: RegistryOptions): Registry {
  const { mirrors, allowed, notice = () => {}, patience = defaultPatience, limits: all = defaultLimits } = options
  const limits = documentLimitsOf(all)
  const http = openHttp(options.userAgent, patience.idleMs, options.proxies, all)
  const client = openClient(http, patience, { bytes: all['token-bytes'], depth: limits.depth })
  return {
    async resolve(reference, platform, signal) {
      const { domain, path, tag = 'latest', digest } = reference
      const wanted = digest === undefined ? { tag } : { digest }
      const image = await firstOf(endpointsOf(domain, path, mirrors), notice, signal, async (endpoint) => {
        checkAllowed(endpoint, allowed)
        return resolveManifest({ client, endpoint, limits, signal }, wanted, platform)
      })
      return { location: `${domain}/${path}`, ...image }
    },
    blob(location, descriptor, signal) {
      const slash = location.indexOf('/')
      const endpoints = endpointsOf(location.slice(0, slash), location.slice(slash + 1), mirrors)
      return pullBlob({ client, endpoints, allowed, patience, notice }, descriptor, signal)
    },
    close: () => http.close(),
  }
}

/** Asks one after the other; what the last one says is what counts. */
async function firstOf<T>(
  endpoints: readonly Endpoint[],
  notice: (message: string) => void,
  signal: AbortSignal | undefined,
  ask: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  for (const endpoint of endpoints) {
    try {
      return await ask(endpoint)
    } catch (error) {
      signal?.throwIfAborted()
      if (!endpoint.mirror || !(error instanceof TsbuildError)) throw error
      notice(passedOver(endpoint, error))
    }
  }
  throw new Error('a registry has at least one endpoint')
}
