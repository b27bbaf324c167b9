import { type Digest, sha256 } from '../digest/index.ts'
import {
  checkIsImage,
  type Descriptor,
  type DocumentLimits,
  followIndex,
  type ImageDocuments,
  mediaTypes,
  type Platform,
  type SomeDocument,
  withConfig,
} from '../image/index.ts'
import type { Client } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { digestMismatch } from './errors.ts'

/** An image of a registry, for one platform. */
export interface RemoteImage extends ImageDocuments {
  /** `host[:port]/repository` of the registry, also when a mirror answered. */
  readonly location: string
  /** What the name stands for: the image itself, or an index that leads to it. */
  readonly root: Descriptor
}

/** Which manifest: a tag, or a digest that its bytes must have. */
export type ManifestName = { readonly tag: string } | { readonly digest: Digest }

export const accepted = [mediaTypes.manifest, mediaTypes.index, mediaTypes.dockerManifest, mediaTypes.dockerIndex].join(
  ', ',
)

/** Who is asked for documents. */
export interface Asking {
  readonly client: Client
  readonly endpoint: Endpoint
  readonly limits: DocumentLimits
  readonly signal: AbortSignal | undefined
}

/**
 * Reads manifest and config. The digest is always computed, never taken from a header.
 * @throws {TsbuildError} TSB_PLATFORM_NOT_FOUND, TSB_DIGEST_MISMATCH, TSB_INDEX_DEPTH, TSB_MEDIA_TYPE…, TSB_IMAGE_LAYERS,
 *   and those of `Client`
 */
export async function resolveManifest(
  asking: Asking,
  wanted: ManifestName,
  platform: Platform,
): Promise<Omit<RemoteImage, 'location'>> {
  const { endpoint, limits } = asking
  const name = nameOf(endpoint)
  const start = await readDocument(asking, wanted)
  const document = await followIndex(start, platform, name, (digest) => readDocument(asking, { digest }), limits)
  checkIsImage(document.manifest, name)
  const image = await withConfig(document, await readConfig(asking, document.manifest.config), name, limits)
  const digest = sha256(start.bytes)
  const isImage = digest === image.descriptor.digest
  const mediaType = start.mediaType ?? mediaTypes.index
  return { ...image, root: isImage ? image.descriptor : { mediaType, digest, size: start.bytes.length } }
}

/** A document as it is, held against the digest that it was asked for by. */
export async function readDocument(
  { client, endpoint, limits, signal }: Asking,
  wanted: ManifestName,
): Promise<SomeDocument> {
  const text = 'digest' in wanted ? wanted.digest : wanted.tag
  const name = `${nameOf(endpoint)} manifest ${text}`
  const about = { name, limit: limits.manifest, accept: accepted }
  const { bytes, contentType } = await client.read(endpoint, `manifests/${text}`, about, signal)
  if ('digest' in wanted && wanted.digest !== sha256(bytes)) throw digestMismatch(name)
  return { bytes, mediaType: contentType }
}

async function readConfig(
  { client, endpoint, limits, signal }: Asking,
  { digest, size }: Descriptor,
): Promise<Uint8Array> {
  const name = `config ${digest} of ${nameOf(endpoint)}`
  const limit = Math.min(size, limits.config)
  const { bytes } = await client.read(endpoint, `blobs/${digest}`, { name, limit }, signal)
  if (sha256(bytes) !== digest) throw digestMismatch(name)
  return bytes
}

function nameOf({ host, repository }: Endpoint): string {
  return `${host}/${repository}`
}
