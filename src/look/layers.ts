import type { Digest } from '../digest/index.ts'
import type { History, ImageConfig, Manifest } from '../image/index.ts'

/** A layer, and the instruction that made it. */
export interface LayerFacts {
  /** 0 for the lowest. */
  readonly index: number
  readonly digest: Digest
  readonly diffId: Digest
  /** Bytes of the blob, as it is kept or pulled. */
  readonly size: number
  readonly createdBy: string
  /** RFC 3339. */
  readonly created?: string
}

/** The layers of an image, lowest first. Of rows and layers that do not fit together the first ones do. */
export function layerFacts(manifest: Pick<Manifest, 'layers'>, config: ImageConfig): readonly LayerFacts[] {
  const rows: readonly History[] = (config.history ?? []).filter((row) => !row.empty_layer)
  return manifest.layers.flatMap(({ digest, size }, index) => {
    const diffId = config.rootfs.diff_ids[index]
    if (diffId === undefined) return []
    const { created, created_by: createdBy = '' } = rows[index] ?? {}
    return [{ index, digest, diffId, size, createdBy, ...(created !== undefined && { created }) }]
  })
}

/** A layer of one image or of both. */
export interface LayerPair {
  readonly before?: LayerFacts
  readonly after?: LayerFacts
}

/** The layers of two images beside each other: as many equal ones as can be paired in order, lowest first. */
export function pairLayers(before: readonly LayerFacts[], after: readonly LayerFacts[]): readonly LayerPair[] {
  const common = commonLengths(before, after)
  const pairs: LayerPair[] = []
  let [i, j] = [0, 0]
  for (;;) {
    const [a, b] = [before[i], after[j]]
    if (a === undefined && b === undefined) return pairs
    if (a && b && a.diffId === b.diffId) {
      pairs.push({ before: a, after: b })
      i++
      j++
    } else if (a && (!b || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      pairs.push({ before: a })
      i++
    } else if (b) {
      pairs.push({ after: b })
      j++
    }
  }
}

/** How many layers from `i` and `j` on can be paired. */
function commonLengths(a: readonly LayerFacts[], b: readonly LayerFacts[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const isEqual = a[i]?.diffId === b[j]?.diffId
      const length = isEqual
        ? (lengths[i + 1]?.[j + 1] ?? 0) + 1
        : Math.max(lengths[i + 1]?.[j] ?? 0, lengths[i]?.[j + 1] ?? 0)
      const row = lengths[i]
      if (row) row[j] = length
    }
  }
  return lengths
}
