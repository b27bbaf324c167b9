import { type Cache, openCache } from '../../src/cache/index.ts'
import type { ExportPorts } from '../../src/export/index.ts'
import { assemble, type Image, type ImageConfig, type NewHistory } from '../../src/image/index.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import { scratch } from './scratch.ts'
import { change } from './tree.ts'

/** A fresh store with what belongs to it, gone when the test ends. */
export interface Workshop extends AsyncDisposable {
  readonly store: Store
  readonly cache: Cache
  /** An image of these layers, each in the lines of `tree`, with one row of history for each: `COPY 1`, `COPY 2`. */
  image(layers: readonly (readonly string[])[], config?: Partial<ImageConfig>): Promise<Image>
  readonly exportPorts: ExportPorts
}

const empty: ImageConfig = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }
const signal = new AbortController().signal

export async function openWorkshop(): Promise<Workshop> {
  const store = await openStore(await scratch(), { now: Date.now })
  const cache = await openCache(store, { now: Date.now, overlayXattr: 'user' })
  return {
    store,
    cache,
    async image(layers, config = {}) {
      const history: NewHistory[] = []
      for (const lines of layers) {
        const layer = await cache.layers.fromChanges(lines.map(change), signal)
        history.push({ createdBy: `COPY ${history.length + 1}`, layer: { layer, created: '2024-01-02T03:04:05Z' } })
      }
      return assemble({ config: { ...empty, ...config }, baseLayers: [], history })
    },
    exportPorts: {
      blobFile: async (descriptor) => {
        await store.blobs.obtain(descriptor)
        return store.blobs.path(descriptor.digest)
      },
      temporary: store.temporary,
    },
    async [Symbol.asyncDispose]() {
      await cache.close()
      await store.close()
    },
  }
}
