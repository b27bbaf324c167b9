import type { Logins } from '../credentials/index.ts'
import { type Digest, sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { defaultPatience, openHttp, type Patience, type Proxies } from '../http/index.ts'
import {
  type Descriptor,
  documentLimitsOf,
  mediaTypes,
  type Platform,
  parseManifestOrIndex,
  type Reference,
} from '../image/index.ts'
import { defaultLimits, type Limits } from '../limits.ts'
import { eachOnce } from '../text/index.ts'
import { openTurns, type Turns } from '../turns.ts'
import { type Allowed, checkAllowed } from './allowed.ts'
import { pullBlob } from './blob.ts'
import { type Certificates, openCertificates } from './certificates.ts'
import { openClient } from './client.ts'
import { type Endpoint, type EndpointRules, endpointOf, endpointsOf, type Mirrors } from './endpoint.ts'
import { afterMirrors, passedOver, type Tried } from './errors.ts'
import type { Outgoing, Uploaded } from './outgoing.ts'
import { ping } from './ping.ts'
import { type OutgoingDocument, putDocument } from './put-manifest.ts'
import { listReferrers, type Referrer } from './referrers.ts'
import { type Asking, type ManifestName, type RemoteImage, readDocument, resolveManifest } from './resolve.ts'
import { withoutRewriting } from './rules.ts'
import { openSettle, trustsOf } from './settle.ts'
import { listTags } from './tags.ts'
import { uploadBlob } from './upload.ts'
import { openWarnings } from './warnings.ts'

/** Any registry that speaks the distribution API. */
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
  /**
   * A manifest or an index as it is.
   * @throws {TsbuildError} those of `resolve`
   */
  document(reference: Reference, signal?: AbortSignal): Promise<RemoteDocument>
  /**
   * Puts a blob into a repository, unless it is there. Not more than so many at once go to one host. Mirrors get nothing.
   * @param location `host[:port]/repository`
   * @param report told how many bytes are there; goes back when some are sent again
   * @throws {TsbuildError} TSB_UPLOAD_CHANGED, TSB_UPLOAD_LOCATION and those of `resolve`
   */
  upload(location: string, blob: Outgoing, report?: (sent: number) => void, signal?: AbortSignal): Promise<Uploaded>
  /**
   * Puts a manifest or an index, whose blobs and manifests are there.
   * @param tag undefined: reached by its digest alone
   * @throws {TsbuildError} TSB_PUSH_DIGEST and those of `resolve`
   */
  put(location: string, document: OutgoingDocument, tag: string | undefined, signal?: AbortSignal): Promise<Descriptor>
  /** The tags of a repository. @throws {TsbuildError} TSB_TAGS_LINK and those of `resolve` */
  tags(location: string, signal?: AbortSignal): Promise<readonly string[]>
  /** What refers to a manifest: signatures and other artifacts. @throws {TsbuildError} TSB_TAGS_LINK and those of `resolve` */
  referrers(location: string, digest: Digest, signal?: AbortSignal): Promise<readonly Referrer[]>
  /** Asks the host itself whether the login is taken, whatever stands in for it. @throws {TsbuildError} TSB_REGISTRY_DENIED and those of `resolve` */
  ping(host: string, signal?: AbortSignal): Promise<void>
  /** Closes the connections that are kept open. */
  close(): void
}

/** A document, and what kind it is. */
export interface RemoteDocument {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

export interface RegistryOptions extends EndpointRules {
  readonly mirrors: Mirrors
  /** Of registries that those who vouch for all do not vouch for; absent: none. */
  readonly certificates?: Certificates
  /** Who may be asked, mirrors included. What one of them redirects to follows the usual rules. */
  readonly allowed?: Allowed
  readonly userAgent: string
  /** Who one is at which registry; absent: nobody. */
  readonly logins?: Logins
  /** Blobs that go to one host at once. */
  readonly uploadsAtOnce?: number
  /** Bytes of one PATCH. */
  readonly chunkSize?: number
  readonly proxies?: Proxies
  /** Told when a mirror fails and the registry itself is asked, and when something is tried again: once for each host and attempt. */
  readonly notice?: (message: string) => void
  readonly patience?: Patience
  readonly limits?: Limits
}

/**
 * Opens no connection before something is asked. HTTPS always, but for this machine and mirrors written with `http://`.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export function openRegistry(options: RegistryOptions): Registry {
  const { mirrors, allowed, notice = () => {}, limits: all = defaultLimits } = options
  // Many blobs of one host break at the same time, and say the same.
  const patience = { ...(options.patience ?? defaultPatience), notice, again: eachOnce(notice) }
  const limits = documentLimitsOf(all)
  const { certificates = openCertificates([]), chunkSize = 16 << 20 } = options
  const insecure = new Set<string>()
  const trusts = trustsOf(certificates, (host) => insecure.has(host))
  const http = openHttp(options.userAgent, patience.idleMs, { proxies: options.proxies, trusts, limits: all })
  const tokens = { bytes: all['token-bytes'], depth: limits.depth }
  const client = openClient(http, patience, tokens, options.logins, openWarnings(notice))
  const turns = turnsByHost(options.uploadsAtOnce ?? 4)
  const settle = openSettle(http, certificates)
  const admit = async (endpoint: Endpoint, signal: AbortSignal | undefined) => {
    checkAllowed(endpoint, allowed)
    if (endpoint.insecure) insecure.add(endpoint.base.host)
    return await settle.of(endpoint, signal)
  }
  async function asking<T>(
    candidate: Endpoint,
    signal: AbortSignal | undefined,
    ask: (endpoint: Endpoint) => Promise<T>,
  ): Promise<T> {
    const endpoint = await admit(candidate, signal)
    try {
      return await ask(endpoint)
    } catch (error) {
      const other = await settle.after(endpoint, error, signal)
      if (!other) throw error
      return ask(other)
    }
  }
  function own<T>(location: string, signal: AbortSignal | undefined, ask: (endpoint: Endpoint) => Promise<T>) {
    const slash = location.indexOf('/')
    return asking(endpointOf(location.slice(0, slash), location.slice(slash + 1), options), signal, ask)
  }
  return {
    async resolve(reference, platform, signal) {
      const { domain, path, tag = 'latest', digest } = reference
      const wanted = digest === undefined ? { tag } : { digest }
      const endpoints = endpointsOf(domain, path, mirrors, options, digest === undefined ? 'tag' : 'digest')
      const image = await firstOf(endpoints, notice, signal, (candidate) =>
        asking(candidate, signal, (endpoint) =>
          resolveManifest({ client, endpoint, limits, signal }, wanted, platform),
        ),
      )
      return { location: `${domain}/${path}`, ...image }
    },
    blob(location, descriptor, signal) {
      const slash = location.indexOf('/')
      const endpoints = endpointsOf(location.slice(0, slash), location.slice(slash + 1), mirrors, options)
      return pullBlob({ client, endpoints, admit, instead: settle.after, patience, notice }, descriptor, signal)
    },
    async document({ domain, path, tag = 'latest', digest }, signal) {
      const endpoints = endpointsOf(domain, path, mirrors, options, digest === undefined ? 'tag' : 'digest')
      const wanted = digest === undefined ? { tag } : { digest }
      return firstOf(endpoints, notice, signal, (candidate) =>
        asking(candidate, signal, (endpoint) => documentAt({ client, endpoint, limits, signal }, wanted)),
      )
    },
    upload: (location, blob, report, signal) =>
      own(location, signal, (endpoint) => {
        const ports = { client, endpoint, patience, chunkSize, report, signal }
        return turns(endpoint.base.host)(() => uploadBlob(ports, blob))
      }),
    put: (location, document, tag, signal) =>
      own(location, signal, (endpoint) => putDocument({ client, endpoint, limits, patience, signal }, document, tag)),
    tags: (location, signal) => own(location, signal, (endpoint) => listTags({ client, endpoint, limits, signal })),
    referrers: (location, digest, signal) =>
      own(location, signal, (endpoint) => listReferrers({ client, endpoint, limits, signal }, digest)),
    async ping(host, signal) {
      const known = { ...options, rules: withoutRewriting(options.rules ?? []) }
      return asking(endpointOf(host, 'x', known), signal, (endpoint) => ping(client, endpoint, signal))
    },
    close: () => http.close(),
  }
}

async function documentAt(asking: Asking, wanted: ManifestName): Promise<RemoteDocument> {
  const { bytes, mediaType } = await readDocument(asking, wanted)
  const name = `${asking.endpoint.host}/${asking.endpoint.repository}`
  const found = await parseManifestOrIndex(bytes, { name: `the manifest of ${name}`, mediaType }, asking.limits)
  const own = found.kind === 'index' ? found.index.mediaType : found.manifest.mediaType
  const type = own ?? (found.kind === 'index' ? mediaTypes.index : mediaTypes.manifest)
  return { descriptor: { mediaType: type, digest: sha256(bytes), size: bytes.length }, bytes }
}

/** Each host has its own turns. */
function turnsByHost(atOnce: number): (host: string) => Turns {
  const known = new Map<string, Turns>()
  return (host) => {
    const turns = known.get(host) ?? openTurns(atOnce)
    known.set(host, turns)
    return turns
  }
}

/** Asks one after the other; what the last one says is what counts, and it says what the others did. */
async function firstOf<T>(
  endpoints: readonly Endpoint[],
  notice: (message: string) => void,
  signal: AbortSignal | undefined,
  ask: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const tried: Tried[] = []
  for (const endpoint of endpoints) {
    try {
      return await ask(endpoint)
    } catch (error) {
      signal?.throwIfAborted()
      if (!endpoint.mirror || !(error instanceof TsbuildError)) throw afterMirrors(error, tried)
      tried.push({ host: endpoint.host, error })
      notice(passedOver(endpoint, error))
    }
  }
  throw new Error('a registry has at least one endpoint')
}
