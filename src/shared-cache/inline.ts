import { type DocumentLimits, type Image, type ImageConfig, type Manifest, parseJson } from '../image/index.ts'
import { checkedKey, checkShape, type Keyed, keyedOf, layerOf, malformed } from './document.ts'
import { inlineAnnotation, type SharedCache, type SharedRecord } from './format.ts'

interface Inline {
  readonly records: readonly (Keyed & Pick<SharedRecord['layer'], 'contentId'> & { readonly layer: number })[]
}

/** The image with the records of its own layers in an annotation of its manifest: no other image id, no other layers. */
export async function withInlineCache(image: Image, records: readonly SharedRecord[]): Promise<Image> {
  const diffIds = image.config.rootfs.diff_ids
  const written: Inline = {
    records: records.flatMap((record) => {
      const layer = diffIds.lastIndexOf(record.layer.diffId)
      return layer < 0 ? [] : [{ ...keyedOf(record), layer, contentId: record.layer.contentId }]
    }),
  }
  const { manifest = {}, descriptor = {} } = image.annotations ?? {}
  const text = JSON.stringify({ version: 1, ...written })
  return { ...image, annotations: { manifest: { ...manifest, [inlineAnnotation]: text }, descriptor } }
}

/**
 * The records that an image has in itself; undefined when it has none. Their times are those of its history, so that an image
 * is the same wherever its records come from.
 */
export async function readInline(
  { annotations, layers }: Manifest,
  config: ImageConfig,
  name: string,
  limits: DocumentLimits,
): Promise<SharedCache | undefined> {
  const text = annotations?.[inlineAnnotation]
  if (text === undefined) return undefined
  const value = parseJson(new TextEncoder().encode(text), `the records of ${name}`, limits.manifest, limits.depth)
  const { inlineSchema } = await import('./schema.ts')
  checkShape(inlineSchema, value, name)
  const { records } = value as Inline
  const known = new Map(layers.map((layer) => [layer.digest, layer]))
  const times = (config.history ?? []).filter(({ empty_layer }) => !empty_layer).map(({ created }) => created)
  return {
    mounts: [],
    records: records.map(({ layer: at, contentId, ...keyed }) => {
      const [descriptor, diffId] = [layers[at], config.rootfs.diff_ids[at]]
      if (!descriptor || !diffId) throw malformed(name, `it has no layer ${at}`)
      const created = times[at] ?? config.created ?? '1970-01-01T00:00:00Z'
      if (Number.isNaN(Date.parse(created))) throw malformed(name, `the time of layer ${at} is none`)
      const layer = { ...layerOf({ blob: descriptor.digest, diffId }, known, name), contentId }
      return { ...checkedKey(keyed, name), layer, created, used: created, milliseconds: 0 }
    }),
  }
}
