import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CacheHoldings,
  chainAbove,
  chainOf,
  describeRecord,
  emptyChain,
  type HeldRecord,
  treeNames,
} from '../cache/index.ts'
import { type Digest, hexOf } from '../digest/index.ts'
import type { HeldImage } from '../store/index.ts'

/** A layer that a record or an image leads to, or of which some form is there. */
export interface HeldLayer {
  /** 64 hex digits of its diff id. */
  readonly hex: string
  readonly blobs: Set<Digest>
  readonly forms: string[]
  readonly trees: string[]
  readonly records: HeldRecord[]
  readonly images: Set<HeldImage>
  /** Chains of the files that it is the top of, and of those that it stands on. */
  readonly chains: Set<Digest>
  readonly below: Set<Digest>
}

/** Brings together what is there of each layer. `strange`: directories in `trees/` of layers that nothing else knows. */
export function heldLayers(root: string, holdings: CacheHoldings, images: readonly HeldImage[]) {
  const layers = new Map<string, HeldLayer>()
  const layerOf = (hex: string): HeldLayer => {
    const layer = layers.get(hex) ?? emptyLayer(hex)
    layers.set(hex, layer)
    return layer
  }
  for (const held of holdings.records) addRecord(layerOf(hexOf(held.record.layer.diffId)), held)
  for (const image of images) addImage(image, layerOf)
  for (const [hex, forms] of holdings.forms) layerOf(hex).forms.push(...forms)
  const strange = addTrees(join(root, 'trees'), [...layers.values()])
  return { layers: [...layers.values()], strange }
}

/** The step that made a layer, by its newest record; else where it is from. */
export function describeLayer({ records, images }: HeldLayer): string {
  const [newest] = records.map(({ record }) => record).sort((a, b) => (a.created < b.created ? 1 : -1))
  if (newest) return describeRecord(newest)
  const names = [...images].flatMap((image) => image.names)
  return names.length > 0 ? `layer of ${names.join(', ')}` : 'layer of an image that is gone'
}

function emptyLayer(hex: string): HeldLayer {
  const [blobs, images, chains, below] = [new Set<Digest>(), new Set<HeldImage>(), new Set<Digest>(), new Set<Digest>()]
  return { hex, blobs, forms: [], trees: [], records: [], images, chains, below }
}

function addRecord(layer: HeldLayer, held: HeldRecord): void {
  const { record } = held
  layer.records.push(held)
  layer.blobs.add(record.layer.descriptor.digest)
  const above = chainAbove(record)
  if (above) layer.chains.add(above)
  if (record.components.parent) layer.below.add(record.components.parent)
  for (const { id } of record.components.inputs) layer.below.add(id)
}

function addImage(image: HeldImage, layerOf: (hex: string) => HeldLayer): void {
  let chain = emptyChain
  for (const { blob, diffId, isLowest } of image.layers) {
    const layer = layerOf(hexOf(diffId))
    layer.blobs.add(blob)
    layer.images.add(image)
    if (isLowest) chain = emptyChain
    else layer.below.add(chain)
    chain = chainOf(chain, diffId)
    layer.chains.add(chain)
  }
}

function addTrees(folder: string, layers: readonly HeldLayer[]): readonly string[] {
  const byName = new Map(layers.flatMap((layer) => treeNames(layer.hex).map((name) => [name, layer] as const)))
  return readdirSync(folder).flatMap((name) => {
    const layer = byName.get(name)
    layer?.trees.push(join(folder, name))
    return layer ? [] : [join(folder, name)]
  })
}
