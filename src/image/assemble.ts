import { type Digest, sha256 } from '../digest/index.ts'
import { TsbuildError } from '../errors.ts'
import { countText } from '../text/index.ts'
import type { History, ImageConfig } from './config.ts'
import { configBytes } from './config-bytes.ts'
import type { Image } from './image.ts'
import type { Layer } from './layer.ts'

/** A row that a build adds to the history; `layer` is what the instruction changed, absent for settings alone. */
export interface NewHistory {
  readonly createdBy: string
  /** No instruction says it: the row is there because its layer would have none. */
  readonly madeUp?: true
  /** In place of the comment that marks rows of tsbuild. */
  readonly comment?: string
  readonly author?: string
  readonly layer?: {
    readonly layer: Layer
    /** RFC 3339, from the record of the step that made it. */
    readonly created: string
  }
}

/** What is assembled into an image. */
export interface ImageParts {
  /** The base's document with this build's settings folded in; `rootfs` and `history` are still the base's. */
  readonly config: ImageConfig
  /** The base's, lowest first. */
  readonly baseLayers: readonly Layer[]
  readonly history: readonly NewHistory[]
}

/** Marks the rows that tsbuild adds. */
export const historyComment = 'tsbuild.dockerfile.v0'

/** A row that was made up for a layer that came without one. */
const unknownComment = 'buildkit.exporter.image.v0'

/**
 * Makes the config document. A row without a layer takes the time of the next new layer, those after the last one its
 * time; with no new layer at all they take the base's. `created` is the last row's time. The same parts give the same
 * bytes.
 * @param epoch seconds since 1970: the time of all that this build adds, instead of its own
 * @throws {TsbuildError} TSB_HISTORY_MISMATCH when the base's history, layers and diff ids disagree in number
 */
export async function assemble(parts: ImageParts, epoch?: number): Promise<Image> {
  const base = baseHistory(parts)
  const rows = newRows(parts.history, base, epoch)
  const added = parts.history.flatMap((row) => row.layer?.layer ?? [])
  const diffIds = [...parts.config.rootfs.diff_ids, ...(await Promise.all(added.map((layer) => layer.diffId())))]
  const created = rows.at(-1)?.created ?? parts.config.created
  return imageOf({ ...parts.config, created, history: [...base, ...rows] }, diffIds, [...parts.baseLayers, ...added])
}

function imageOf(settings: ImageConfig, diffIds: readonly Digest[], layers: readonly Layer[]): Image {
  const config = { ...settings, rootfs: { ...settings.rootfs, diff_ids: diffIds } }
  const bytes = configBytes(config)
  return { config, configBytes: bytes, id: sha256(bytes), layers }
}

/** The rows of the base, or made-up ones when it has layers and says nothing of them. */
function baseHistory({ config, baseLayers }: ImageParts): readonly History[] {
  const count = baseLayers.length
  const rows: readonly History[] = config.history?.length
    ? config.history
    : baseLayers.map(() => ({ comment: unknownComment }))
  const rowsWithLayer = rows.filter((row) => !row.empty_layer).length
  if (rowsWithLayer === count && config.rootfs.diff_ids.length === count) return rows
  throw new TsbuildError(
    'TSB_HISTORY_MISMATCH',
    `the base image does not fit together: ${countText(count, 'layer')}, ${countText(config.rootfs.diff_ids.length, 'diff id')}, ${countText(rowsWithLayer, 'history row')} with a layer`,
    { hint: 'rebuild the base image, or squash it with another tool' },
  )
}

function newRows(
  added: readonly NewHistory[],
  base: readonly History[],
  epoch: number | undefined,
): readonly History[] {
  const last = added.findLast((row) => row.layer)?.layer?.created ?? base.findLast((row) => row.created)?.created
  const fixed = epoch === undefined ? undefined : formatEpoch(epoch)
  let next = last
  const rows = added.toReversed().map((row): History => {
    next = row.layer?.created ?? next
    const created = fixed ?? next
    return {
      ...(created !== undefined && { created }),
      created_by: row.createdBy,
      ...(row.author !== undefined && { author: row.author }),
      comment: row.comment ?? (row.madeUp ? unknownComment : historyComment),
      ...(!row.layer && { empty_layer: true }),
    }
  })
  return rows.reverse()
}

/** @throws {TsbuildError} TSB_EPOCH for what is no time */
function formatEpoch(seconds: number): string {
  const time = new Date(seconds * 1000)
  if (Number.isNaN(time.getTime())) throw new TsbuildError('TSB_EPOCH', `not a time in seconds since 1970: ${seconds}`)
  return time.toISOString().replace('.000Z', 'Z')
}
