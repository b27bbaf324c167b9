import type { openArchivedBlobs as OpenArchivedBlobs, Temporary } from '../archive/index.ts'
import { type Descriptor, parseImageSource } from '../image/index.ts'
import type { Limits } from '../limits.ts'
import type { Registry } from '../registry/index.ts'
import type { FetchBlob } from '../store/index.ts'

/** Somewhere else that layers can be. */
export interface BlobService {
  has(location: string): boolean
  blob(location: string, descriptor: Descriptor, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>
}

/**
 * How the store gets layers that are still elsewhere: from the registry, layout or archive that their image was found in.
 * @param registry asked for the first time that a registry is needed
 * @param service gives what is neither in a registry nor in a file; undefined: nobody asks for that
 */
export function blobFetcher(
  registry: () => Promise<Registry>,
  temporary: Temporary,
  limits?: Limits,
  service?: BlobService,
): FetchBlob {
  const archives = new Map<string, ReturnType<typeof OpenArchivedBlobs>>()
  return async function* fetch(descriptor, { location }, signal) {
    if (!location.includes('://')) {
      yield* (await registry()).blob(location, descriptor, signal)
      return
    }
    if (service?.has(location)) {
      yield* service.blob(location, descriptor, signal)
      return
    }
    const source = parseImageSource(location)
    if (source.kind === 'reference') throw new Error(`not a place of blobs: ${location}`)
    const { openArchivedBlobs } = await import('../archive/index.ts')
    const blobs = archives.get(location) ?? openArchivedBlobs(source, temporary, limits)
    archives.set(location, blobs)
    yield* (await blobs)(descriptor)
  }
}
