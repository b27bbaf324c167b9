import { TsbuildError } from '../errors.ts'
import { countText } from '../text/index.ts'
import type { ImageConfig } from './config.ts'
import { type Descriptor, mediaTypes, type Platform } from './descriptor.ts'
import { parseConfig } from './documents.ts'
import type { Index, Manifest } from './image.ts'
import { documentLimits } from './json.ts'
import { formatPlatform, matchPlatform } from './platform.ts'

/** The manifest of an image, its bytes as they came. */
export interface ManifestDocument {
  readonly descriptor: Descriptor
  readonly manifest: Manifest
  readonly manifestBytes: Uint8Array
  /** What led to it, when that was an index: its bytes as they came. */
  readonly index?: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }
}

/** Manifest and config of an image for one platform, each checked against its digest. No layer was read. */
export interface ImageDocuments extends ManifestDocument {
  readonly config: ImageConfig
  readonly configBytes: Uint8Array
}

const configTypes: readonly string[] = [mediaTypes.config, mediaTypes.dockerConfig, 'application/octet-stream']

/**
 * Checks that a manifest is one of an image, for people called `name`.
 * @throws {TsbuildError} TSB_MEDIA_TYPE for charts, signatures and other things that registries hold too
 */
export function checkIsImage({ config }: Manifest, name: string): void {
  if (configTypes.includes(config.mediaType)) return
  throw new TsbuildError('TSB_MEDIA_TYPE', `${name} is no image but holds ${config.mediaType}`)
}

/**
 * Puts the config to its manifest. The caller has checked the digest of its bytes.
 * @throws {TsbuildError} TSB_DOCUMENT_FORMAT, TSB_IMAGE_LAYERS
 */
export async function withConfig(
  document: ManifestDocument,
  configBytes: Uint8Array,
  name: string,
  limits = documentLimits,
): Promise<ImageDocuments> {
  const config = await parseConfig(configBytes, `the config of ${name}`, limits)
  const [layers, diffIds] = [document.manifest.layers.length, config.rootfs.diff_ids.length]
  if (layers === diffIds) return { ...document, config, configBytes }
  throw new TsbuildError(
    'TSB_IMAGE_LAYERS',
    `${name} has ${countText(layers, 'layer')} in its manifest and ${diffIds} in its config`,
  )
}

/** The manifest of an index for a platform. @throws {TsbuildError} TSB_PLATFORM_NOT_FOUND, with what there is */
export function chooseManifest(index: Pick<Index, 'manifests'>, platform: Platform, name: string): Descriptor {
  const chosen = matchPlatform(index.manifests, platform)
  if (chosen) return chosen
  throw noManifestFor(index, platform, name)
}

/** TSB_PLATFORM_NOT_FOUND, with what there is. */
export function noManifestFor(index: Pick<Index, 'manifests'>, platform: Platform, name: string): TsbuildError {
  const offered = index.manifests.flatMap((each) => each.platform ?? []).filter(({ os }) => os !== 'unknown')
  return new TsbuildError('TSB_PLATFORM_NOT_FOUND', `${name} has no image for ${formatPlatform(platform)}`, {
    hint: `it has ${[...new Set(offered.map(formatPlatform))].sort().join(', ') || 'no platform at all'}`,
  })
}
