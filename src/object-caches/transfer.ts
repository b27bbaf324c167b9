import { type Digest, sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { mediaTypes } from '../image/index.ts'
import type { Source, Target } from '../transfer/index.ts'
import type { FoundManifest, ObjectCache } from './service.ts'

/** What was found, with where its blobs are. */
export function sourceOf(cache: ObjectCache, { bytes }: FoundManifest): Source {
  return {
    root: { descriptor: { mediaType: mediaTypes.manifest, digest: sha256(bytes), size: bytes.length }, bytes },
    document: async () => {
      throw new TsbuildError('TSB_CACHE_FORMAT', `${cache.name} is no cache that can be read: it is an index`)
    },
    blob: (descriptor, signal) => ({ descriptor, open: () => cache.blob(descriptor, signal) }),
  }
}

/** Takes blobs; manifests are put by `ObjectCache.replace`. @param isWrong of a blob that is there, whether it is not itself */
export function blobTarget(cache: ObjectCache, isWrong: (digest: Digest) => boolean): Pick<Target, 'blob'> {
  return { blob: (blob, report, signal) => cache.send(blob, report, signal, isWrong(blob.descriptor.digest)) }
}
