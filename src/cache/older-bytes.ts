import type { Digest } from '../digest/index.ts'
import { noteUse, type Store } from '../store/index.ts'
import type { Change, TarFileOptions } from '../tree/index.ts'
import type { LayerRecord } from './cache.ts'
import type { StatDigests } from './file-digests.ts'
import type { LayerFiles } from './layer-files.ts'
import { isPlainTar } from './layer-places.ts'

export interface OlderPorts {
  readonly store: Store
  readonly files: LayerFiles
  readonly digests: StatDigests
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Below so many files, opening each is quicker than looking into an older layer. */
const worthwhile = 500

/**
 * Finds the bytes of files, whose digests are known, in the tar of an older layer: reading one large file from its beginning
 * to its end takes a fraction of the time of opening twenty thousand. Nothing is believed: who takes bytes from there hashes
 * them. Undefined when the tar is not here, or not worth it.
 */
export async function copiesIn(
  older: LayerRecord,
  changes: readonly Change[],
  { store, files, digests, now }: OlderPorts,
): Promise<TarFileOptions['copyOf'] | undefined> {
  if (changes.length < worthwhile) return undefined
  const { descriptor, diffId } = older
  const path = isPlainTar(descriptor) ? store.blobs.path(descriptor.digest) : files.places.tar(diffId)
  if (!noteUse(path, now())) return undefined
  const offsets = new Map<Digest, number>()
  for (const change of (await files.index(older)).changes) {
    if (change.kind === 'file' && change.digest && typeof change.data === 'number') {
      offsets.set(change.digest, change.data)
    }
  }
  return (file) => {
    const digest = file.digest ?? digests.seen(file)
    const offset = digest && offsets.get(digest)
    return digest && offset !== undefined ? { path, offset, digest } : undefined
  }
}
