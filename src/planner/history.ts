import { posix } from 'node:path'
import type { Node, OpId, PlannedHistory } from '../graph/index.ts'
import { rowsOf, type StageState } from './state.ts'

/**
 * The rows that a stage adds to the history, oldest first, as many with a layer as there are layers. Where there are layers
 * that no instruction made, rows and layers are matched from the bottom, and those left over at the top get rows at the end,
 * each with what its op is called: so BuildKit's exporter does it.
 * @see https://github.com/moby/buildkit/blob/v0.32.2/exporter/containerimage/writer.go normalizeLayersAndHistory
 */
export function historyOf(state: StageState, nodes: readonly Node[]): readonly PlannedHistory[] {
  const all = rowsOf(state)
  const rows = all.flatMap((row) => ('unlisted' in row ? [] : [row]))
  if (rows.length === all.length) return rows
  const layers = all.flatMap(({ layer }) => layer ?? [])
  const matched = rows.map((row) => (row.layer ? { ...row, layer: layers.shift() ?? row.layer } : row))
  const called = new Map(all.flatMap((row) => ('unlisted' in row ? [[row.layer, row.unlisted]] : [])))
  const labels = new Map(nodes.map((node) => [node.id, called.get(node.id) ?? describe(node)]))
  return [...matched, ...layers.map((layer): PlannedHistory => made(layer, labels))]
}

function made(layer: OpId, labels: ReadonlyMap<OpId, string>): PlannedHistory {
  return { createdBy: labels.get(layer) ?? '', layer, madeUp: true }
}

/** What BuildKit calls the layer of an op. A COPY --link is merged from a copy that has no name. */
function describe({ op, label }: Node): string {
  if (op.kind === 'run') return `mount / from exec ${op.argv.join(' ')}`
  if (op.kind !== 'copy' || !op.link) return label
  return op.sources.map(({ path }) => `copy ${posix.join('/', path)} ${op.dest}`).join(', ')
}
