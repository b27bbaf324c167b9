import { type Digest, isDigest } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { type Descriptor, storedLimits } from '../image/index.ts'
import type { Blobs } from './store.ts'

/** What listing and removing images needs of a manifest and its config. */
export interface ImageSummary {
  readonly config: Digest
  readonly layers: readonly Digest[]
  /** RFC 3339, `''` when the config does not say. */
  readonly created: string
}

/**
 * Looks only at these few fields, so that listing images loads no schema (see `Images.open`, which checks all).
 * @returns undefined for what is no image, or has lost its documents
 */
export async function summarize(blobs: Blobs, manifest: Descriptor): Promise<ImageSummary | undefined> {
  try {
    const document = await readObject(blobs, manifest.digest, storedLimits.manifest)
    const config = digestIn(document['config'])
    if (!config) return undefined
    const created = (await readObject(blobs, config, storedLimits.config))['created']
    const layers = Array.isArray(document['layers']) ? document['layers'].map(digestIn) : []
    return {
      config,
      layers: layers.filter((layer) => layer !== undefined),
      created: typeof created === 'string' ? created : '',
    }
  } catch (error) {
    if (error instanceof TsbuildError || error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * True for an image that has lost its documents. What is no image is none: another program may have put an index of images
 * here, or an artifact without a config.
 */
export async function isDamaged(blobs: Blobs, manifest: Descriptor): Promise<boolean> {
  if (await summarize(blobs, manifest)) return false
  try {
    return (await readObject(blobs, manifest.digest, storedLimits.manifest))['config'] !== undefined
  } catch (error) {
    if (error instanceof TsbuildError || error instanceof SyntaxError) return true
    throw error
  }
}

async function readObject(blobs: Blobs, digest: Digest, limit: number): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = JSON.parse(new TextDecoder().decode(await blobs.read(digest, limit)))
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function digestIn(descriptor: unknown): Digest | undefined {
  if (typeof descriptor !== 'object' || descriptor === null || !('digest' in descriptor)) return undefined
  const { digest } = descriptor
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined
}
