import assert from 'node:assert/strict'
import { cacheKey, mostAlike, quickCacheKey, stepIdentity } from '../../src/cache/index.ts'
import { sha256 } from '../../src/digest/index.ts'
import { documentLimits, type ImageConfig, type Manifest, mediaTypes } from '../../src/image/index.ts'
import { readRecords, recordsDocument } from '../../src/shared-cache/document.ts'
import { inlineAnnotation, type SharedCache } from '../../src/shared-cache/format.ts'
import { readInline } from '../../src/shared-cache/inline.ts'
import { mutatedJson } from './json.ts'
import { type FuzzTarget, outcomeOf } from './target.ts'

const digest = (text: string) => sha256(text)
const layers = ['a', 'b'].map((name) => ({ mediaType: mediaTypes.layerGzip, digest: digest(name), size: 10 }))
const components = (dest: string) => ({
  definition: { kind: 'copy', dest, sources: [['a', false]] },
  parent: digest('parent'),
  inputs: [{ name: 'a', id: digest('input') }],
})
const keyed = (dest: string) => ({
  key: cacheKey('copy.v2', components(dest)),
  step: 'copy.v2',
  components: components(dest),
  chains: [{ name: 'files', id: digest('chain') }],
  without: ['npm'],
})
const time = '2026-01-02T03:04:05.678Z'
const record = (dest: string, at: number) => ({
  ...keyed(dest),
  layer: { blob: layers[at]?.digest, diffId: digest(`diff ${at}`), contentId: digest(`content ${at}`) },
  created: time,
  used: time,
  milliseconds: 12.5,
})
const document = {
  version: 1,
  records: [record('/a', 0), record('/b', 1)],
  mounts: [{ id: 'npm', blob: layers[1]?.digest, diffId: digest('mount'), saved: time }],
}
const inside = { version: 1, records: [{ ...keyed('/a'), layer: 0, contentId: digest('content') }] }
const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [digest('diff 0'), digest('diff 1')] },
  history: [{ created: time }, { created: time, empty_layer: true }],
}

/** What was read is a cache, whoever wrote it: keys that fit, layers that are there, and all of it can be looked up. */
async function isSound(cache: SharedCache): Promise<void> {
  const known = new Set(layers.map((layer) => layer.digest))
  for (const { key, version, components: parts, layer } of cache.records) {
    assert.equal(cacheKey(version, parts), key)
    assert.ok(known.has(layer.descriptor.digest))
  }
  for (const { blob } of cache.mounts) assert.ok(known.has(blob.digest))
  const again = await readRecords(recordsDocument(cache), layers, 'the cache', documentLimits)
  assert.deepEqual(
    again.records.map(({ key }) => key),
    cache.records.map(({ key }) => key),
  )
  for (const { version, components: parts, chains, layer, ...rest } of cache.records) {
    assert.ok(stepIdentity(parts))
    if (chains) assert.ok(quickCacheKey(version, { ...parts, inputs: chains }))
    assert.ok(mostAlike(parts, [{ ...rest, components: parts, layer }]))
  }
}

export const sharedCacheTargets: readonly FuzzTarget[] = [
  {
    name: 'shared-cache',
    runs: 150,
    input: mutatedJson([document]),
    async holds(text) {
      const read = await outcomeOf(() => readRecords(Buffer.from(String(text)), layers, 'the cache', documentLimits))
      if (read.value) await isSound(read.value)
    },
  },
  {
    name: 'inline-cache',
    runs: 100,
    input: mutatedJson([inside]),
    async holds(text) {
      const manifest: Manifest = {
        schemaVersion: 2,
        config: { mediaType: mediaTypes.config, digest: digest('config'), size: 1 },
        layers,
        annotations: { [inlineAnnotation]: String(text) },
      }
      const read = await outcomeOf(() => readInline(manifest, config, 'the image', documentLimits))
      if (read.value) await isSound(read.value)
    },
  },
]
