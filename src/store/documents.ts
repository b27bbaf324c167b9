import { type Digest, isDigest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, type Platform, storedLimits } from '../image/index.ts'
import type { Blobs } from './store.ts'

/** What listing and removing images needs of a manifest and its config, or of an index and its images. */
export interface ImageSummary {
  /** sha256 of the config; of an index its own. */
  readonly id: Digest
  /** Blobs that are needed beside the manifest or index itself and the layers, as far as they are here. */
  readonly documents: readonly Digest[]
  readonly layers: readonly Digest[]
  /** RFC 3339, `''` when the config does not say; of several images the newest. */
  readonly created: string
  /** Of an index: its images that are here, in its order. */
  readonly images?: readonly PlatformImage[]
}

/** An image of an index. */
export interface PlatformImage {
  readonly platform: Platform
  readonly manifest: Descriptor
  /** sha256 of the config. */
  readonly id: Digest
}

/**
 * Looks only at these few fields, so that listing images loads no schema (see `Images.open`, which checks all).
 * @returns undefined for what is no image, or has lost its documents
 */
export async function summarize(blobs: Blobs, manifest: Descriptor): Promise<ImageSummary | undefined> {
  const document = await tryObject(blobs, manifest.digest, storedLimits.manifest)
  if (!document) return undefined
  const { manifests } = document
  return Array.isArray(manifests) ? ofIndex(blobs, manifest.digest, manifests) : ofManifest(blobs, document)
}

/** Of an index the images that are here. What stands for no platform, such as attestations, is kept and not shown. */
async function ofIndex(blobs: Blobs, id: Digest, entries: readonly unknown[]): Promise<ImageSummary | undefined> {
  const images: PlatformImage[] = []
  const found: ImageSummary[] = []
  const documents: Digest[] = []
  for (const entry of entries) {
    const manifest = descriptorIn(entry)
    const document = manifest && (await tryObject(blobs, manifest.digest, storedLimits.manifest))
    const summary = document && (await ofManifest(blobs, document))
    if (!manifest || !summary) continue
    found.push(summary)
    documents.push(manifest.digest, summary.id)
    const platform = platformIn(entry) ?? summary.platform
    if (platform && platform.os !== 'unknown') images.push({ platform, manifest, id: summary.id })
  }
  if (images.length === 0) return undefined
  const created = found.map((summary) => summary.created).reduce((newest, each) => (each > newest ? each : newest), '')
  return { id, documents, layers: [...new Set(found.flatMap(({ layers }) => layers))], created, images }
}

async function ofManifest(
  blobs: Blobs,
  document: Readonly<Record<string, unknown>>,
): Promise<(ImageSummary & { readonly platform?: Platform | undefined }) | undefined> {
  const config = digestIn(document['config'])
  const read = config && (await tryObject(blobs, config, storedLimits.config))
  if (!config || !read) return undefined
  const { created } = read
  const layers = Array.isArray(document['layers']) ? document['layers'].map(digestIn) : []
  return {
    id: config,
    documents: [config],
    layers: layers.filter((layer) => layer !== undefined),
    created: typeof created === 'string' ? created : '',
    platform: platformOf(read),
  }
}

/**
 * True for an image that has lost its documents. What is no image is none: another program may have put an index of nothing
 * here, or an artifact without a config.
 */
export async function isDamaged(blobs: Blobs, manifest: Descriptor): Promise<boolean> {
  if (await summarize(blobs, manifest)) return false
  const document = await tryObject(blobs, manifest.digest, storedLimits.manifest)
  return document === undefined || document['config'] !== undefined
}

async function tryObject(
  blobs: Blobs,
  digest: Digest,
  limit: number,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await blobs.read(digest, limit)))
    return objectOf(value)
  } catch (error) {
    if (error instanceof TsbuildError || error instanceof SyntaxError) return undefined
    throw error
  }
}

function descriptorIn(value: unknown): Descriptor | undefined {
  const { mediaType, size } = objectOf(value)
  const digest = digestIn(value)
  return digest && typeof mediaType === 'string' && typeof size === 'number' ? { mediaType, digest, size } : undefined
}

function platformIn(value: unknown): Platform | undefined {
  return platformOf(objectOf(objectOf(value)['platform']))
}

function platformOf({ os, architecture, variant }: Readonly<Record<string, unknown>>): Platform | undefined {
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) }
}

function digestIn(descriptor: unknown): Digest | undefined {
  const { digest } = objectOf(descriptor)
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
