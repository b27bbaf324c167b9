import { type Digest, sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import {
  type Descriptor,
  documentLimits,
  formatPlatform,
  type ImageConfig,
  type Index,
  type Manifest,
  matchPlatform,
  mediaTypes,
  type Platform,
  parseConfig,
  parseManifestOrIndex,
} from '../image/index.ts'
import type { Client } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { digestMismatch } from './errors.ts'

/** An image for one platform: its documents, each checked against its digest. No layer was read. */
export interface RemoteImage {
  /** `host[:port]/repository` of the registry, also when a mirror answered. */
  readonly location: string
  readonly descriptor: Descriptor
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  readonly config: ImageConfig
  readonly configBytes: Uint8Array
}

const accepted = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerIndex].join(', ')
const configTypes: readonly string[] = [mediaTypes.config, mediaTypes.dockerConfig, 'application/octet-stream']
const maximumIndexDepth = 4

/** Which manifest: a tag, or a digest that its bytes must have. */
export type ManifestName = { readonly tag: string } | { readonly digest: Digest }

/**
 * Reads manifest and config. The digest is always computed, never taken from a header.
 * @throws {TsbuildError} TSB_PLATFORM_NOT_FOUND, TSB_DIGEST_MISMATCH, TSB_INDEX_DEPTH, TSB_MEDIA_TYPE…, TSB_IMAGE_LAYERS,
 *   and those of `Client.get`
 */
export async function resolveManifest(
  client: Client,
  endpoint: Endpoint,
  wanted: ManifestName,
  platform: Platform,
  signal: AbortSignal | undefined,
): Promise<Omit<RemoteImage, 'location'>> {
  const document = await readManifest(client, endpoint, wanted, platform, signal, maximumIndexDepth)
  const { manifest } = document
  checkConfigType(manifest, endpoint)
  const configBytes = await readConfig(client, endpoint, manifest.config, signal)
  const config = await parseConfig(configBytes, `config ${manifest.config.digest}`)
  checkLayers(manifest, config, endpoint)
  return { ...document, config, configBytes }
}

type ManifestDocument = Pick<RemoteImage, 'descriptor' | 'manifest' | 'manifestBytes'>

/** Goes from an index to the manifest for the platform, through `depth` indexes at most. */
async function readManifest(
  client: Client,
  endpoint: Endpoint,
  wanted: ManifestName,
  platform: Platform,
  signal: AbortSignal | undefined,
  depth: number,
): Promise<ManifestDocument> {
  const text = 'digest' in wanted ? wanted.digest : wanted.tag
  const name = `${endpoint.host}/${endpoint.repository} manifest ${text}`
  const about = { name, limit: documentLimits.manifest, accept: accepted }
  const { bytes, contentType } = await client.read(endpoint, `manifests/${text}`, about, signal)
  const digest = sha256(bytes)
  if ('digest' in wanted && wanted.digest !== digest) throw digestMismatch(name)
  const found = await parseManifestOrIndex(bytes, { name, mediaType: contentType })
  if (found.kind === 'manifest') {
    const mediaType = found.manifest.mediaType ?? mediaTypes.manifest
    const descriptor = { mediaType, digest, size: bytes.length }
    return { descriptor, manifest: found.manifest, manifestBytes: bytes }
  }
  if (depth <= 1)
    throw new TsbuildError('TSB_INDEX_DEPTH', `${name}: more than ${maximumIndexDepth} indexes in one another`)
  const chosen = choose(found.index, platform, `${endpoint.host}/${endpoint.repository}`)
  return readManifest(client, endpoint, { digest: chosen.digest }, platform, signal, depth - 1)
}

function choose(index: Index, platform: Platform, name: string): Descriptor {
  const chosen = matchPlatform(index.manifests, platform)
  if (chosen) return chosen
  const offered = index.manifests.flatMap((each) => each.platform ?? []).filter(({ os }) => os !== 'unknown')
  throw new TsbuildError('TSB_PLATFORM_NOT_FOUND', `${name} has no image for ${formatPlatform(platform)}`, {
    hint: `it has ${[...new Set(offered.map(formatPlatform))].sort().join(', ') || 'no platform at all'}`,
  })
}

async function readConfig(
  client: Client,
  endpoint: Endpoint,
  { digest, size }: Descriptor,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const name = `config ${digest} of ${endpoint.host}/${endpoint.repository}`
  const limit = Math.min(size, documentLimits.config)
  const { bytes } = await client.read(endpoint, `blobs/${digest}`, { name, limit }, signal)
  if (sha256(bytes) !== digest) throw digestMismatch(name)
  return bytes
}

function checkConfigType({ config }: Manifest, endpoint: Endpoint): void {
  if (configTypes.includes(config.mediaType)) return
  const name = `${endpoint.host}/${endpoint.repository}`
  throw new TsbuildError('TSB_MEDIA_TYPE', `${name} is no image but holds ${config.mediaType}`)
}

function checkLayers(manifest: Manifest, config: ImageConfig, endpoint: Endpoint): void {
  const [layers, diffIds] = [manifest.layers.length, config.rootfs.diff_ids.length]
  if (layers === diffIds) return
  const name = `${endpoint.host}/${endpoint.repository}`
  throw new TsbuildError(
    'TSB_IMAGE_LAYERS',
    `${name} has ${layers} layers in its manifest and ${diffIds} in its config`,
  )
}
