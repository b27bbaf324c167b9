import { type Digest, sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { limitHint } from '../limits.ts'
import { mediaTypes, type Platform } from './descriptor.ts'
import { parseManifestOrIndex } from './documents.ts'
import { chooseManifest, type ManifestDocument } from './image-documents.ts'
import { documentLimits } from './json.ts'

/** A document that may be manifest or index, and the type it was sent or named with. */
export interface SomeDocument {
  readonly bytes: Uint8Array
  readonly mediaType?: string | undefined
}

/**
 * Goes from a document, through indexes, to the manifest for a platform.
 * @param read gives the bytes of a digest, checked
 * @throws {TsbuildError} TSB_PLATFORM_NOT_FOUND, TSB_INDEX_DEPTH, TSB_DOCUMENT_FORMAT, TSB_MEDIA_TYPE…
 */
export async function followIndex(
  start: SomeDocument,
  platform: Platform,
  name: string,
  read: (digest: Digest) => Promise<SomeDocument>,
  limits = documentLimits,
): Promise<ManifestDocument> {
  let { bytes, mediaType } = start
  let index: ManifestDocument['index']
  for (let indexes = 0; indexes <= limits.indexes; indexes++) {
    const found = await parseManifestOrIndex(bytes, { name: `the manifest of ${name}`, mediaType }, limits)
    if (found.kind === 'manifest') {
      const type = found.manifest.mediaType ?? mediaTypes.manifest
      const descriptor = { mediaType: type, digest: sha256(bytes), size: bytes.length }
      return { descriptor, manifest: found.manifest, manifestBytes: bytes, ...(index && { index }) }
    }
    const type = found.index.mediaType ?? mediaTypes.index
    index ??= { descriptor: { mediaType: type, digest: sha256(bytes), size: bytes.length }, bytes }
    const chosen = chooseManifest(found.index, platform, name)
    ;({ bytes, mediaType = chosen.mediaType } = await read(chosen.digest))
  }
  throw new TsbuildError('TSB_INDEX_DEPTH', `${name}: more than ${limits.indexes} indexes in one another`, {
    hint: limitHint('index-depth'),
  })
}
