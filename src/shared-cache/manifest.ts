import { type Digest, sha256 } from '../digest/index.ts'
import { type Descriptor, mediaTypes } from '../image/index.ts'
import type { Document } from '../transfer/index.ts'
import { recordsDocument } from './document.ts'
import { cacheTypes, type SharedCache } from './format.ts'

/** A cache as an OCI artifact: each layer is listed, so that any client copies them and no registry sweeps them away. */
export interface CacheArtifact {
  readonly manifest: Document
  readonly config: Document
  /** Each once. */
  readonly layers: readonly Descriptor[]
}

/** The same cache gives the same bytes. */
export function cacheArtifact(cache: SharedCache): CacheArtifact {
  const bytes = recordsDocument(cache)
  const config = { mediaType: cacheTypes.records, digest: sha256(bytes), size: bytes.length }
  const layers = layersOf(cache)
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: cacheTypes.artifact,
    config,
    layers,
  }
  return {
    manifest: documentOf(mediaTypes.manifest, new TextEncoder().encode(JSON.stringify(manifest))),
    config: { descriptor: config, bytes },
    layers,
  }
}

export function layersOf({ records, mounts }: SharedCache): readonly Descriptor[] {
  const all = [...records.map(({ layer }) => layer.descriptor), ...mounts.map(({ blob }) => blob)]
  return [...new Map<Digest, Descriptor>(all.map((layer) => [layer.digest, layer])).values()]
}

function documentOf(mediaType: string, bytes: Uint8Array): Document {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes }
}
