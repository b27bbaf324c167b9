/*
 * A process that works in a store, for tests of several at once: `node store-worker.ts ROOT NAME ROUNDS`. Each round makes
 * the layer of one step, its record, and the image `shared` of it, and gives that the name `NAME` too.
 */
import { argv } from 'node:process'
import { cacheKey, openCache } from '../../src/cache/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import type { ImageConfig } from '../../src/image/index.ts'
import { openStore } from '../../src/store/index.ts'
import { change } from './tree.ts'

const [, , root = '', name = '', rounds = '1'] = argv
const store = await openStore(root, { now: Date.now })
const cache = await openCache(store, { now: Date.now, overlayXattr: 'trusted' })
const signal = new AbortController().signal

for (let round = 0; round < Number(rounds); round++) {
  const big = `${round}`.repeat(300_000)
  const layer = await cache.layers.fromChanges([change(`file /big ${big}`), change('dir /d')], signal)
  const components = { definition: { kind: 'run', argv: [`${round}`] }, inputs: [] }
  const created = '2026-01-01T00:00:00.000Z'
  const record = { layer: await cache.layers.recordOf(layer), created, milliseconds: 1, components }
  await cache.records.save({ ...record, key: cacheKey('test', components) })
  const config: ImageConfig = {
    created,
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [await layer.diffId()] },
  }
  const configBytes = new TextEncoder().encode(JSON.stringify(config))
  await layer.directory()
  await store.images.save({ config, configBytes, id: sha256(configBytes), layers: [layer] }, ['shared', name])
}
await cache.close()
await store.close()
