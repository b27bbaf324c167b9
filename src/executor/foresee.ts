import type { CacheRecord } from '../cache/index.ts'
import { atPlace } from '../errors.ts'
import { inputsOf, type Node, type OpId } from '../graph/index.ts'
import type { MissReason } from './events.ts'
import { belowStep, inputsFrom, isLayerNode, openSource } from './execute.ts'
import { explainMiss } from './explain.ts'
import type { ExecutorPorts } from './ports.ts'
import { contextOf, type LayerNode, lookUp, nameFormer, whatExplains } from './step.ts'
import { type OpValue, stack } from './values.ts'

/** What a build would do with an op. */
export type Forecast =
  /** Files that are there, or would be fetched when a step wants them. */
  | { readonly kind: 'source' }
  | { readonly kind: 'hit'; readonly record: CacheRecord }
  | { readonly kind: 'miss'; readonly reason: MissReason }
  /** What it depends on is not known before that op has run, or was fetched. */
  | { readonly kind: 'unknown'; readonly until: OpId }

/**
 * Looks up each step as a build would, and runs none. Files of contexts are read where their digests are not known; nothing
 * is fetched: what depends on a URL or a repository is not known.
 * @param nodes in an order in which inputs come first
 * @throws {TsbuildError} for a step that cannot even be looked up, such as a COPY whose source is missing
 */
export async function foresee(nodes: readonly Node[], ports: ExecutorPorts): Promise<ReadonlyMap<OpId, Forecast>> {
  const values = new Map<OpId, OpValue>()
  const known: Known = { nodes: new Map(nodes.map((node) => [node.id, node])), hits: new Map() }
  const forecasts = new Map<OpId, Forecast>()
  for (const node of nodes) {
    ports.signal.throwIfAborted()
    const forecast = await forecastOf(node, values, known, ports).catch((error: unknown) => {
      throw atPlace(error, node.at)
    })
    forecasts.set(node.id, forecast)
  }
  return forecasts
}

/** The graph, and what of it was found by now. */
interface Known {
  readonly nodes: ReadonlyMap<OpId, Node>
  readonly hits: Map<OpId, { readonly record: CacheRecord; readonly cached: true }>
}

async function forecastOf(
  node: Node,
  values: Map<OpId, OpValue>,
  known: Known,
  ports: ExecutorPorts,
): Promise<Forecast> {
  const { id, op } = node
  if (!isLayerNode(node)) {
    if (op.kind !== 'http' && op.kind !== 'git') values.set(id, await openSource(node, ports, ports.signal))
    return { kind: 'source' }
  }
  if (node.noCache) return { kind: 'miss', reason: { kind: 'not-cached', why: '--no-cache' } }
  const until = inputsOf(op).find((input) => !values.has(input))
  if (until !== undefined) return { kind: 'unknown', until }
  const forecast = await outcomeOf(node, values, known, ports)
  if (forecast.kind === 'hit') {
    known.hits.set(id, { record: forecast.record, cached: true })
    values.set(id, await onTop(node, forecast.record, values, ports))
  }
  return forecast
}

async function outcomeOf(
  node: LayerNode,
  values: ReadonlyMap<OpId, OpValue>,
  { nodes, hits }: Known,
  ports: ExecutorPorts,
): Promise<Extract<Forecast, { kind: 'hit' | 'miss' }>> {
  const context = contextOf(node, inputsFrom(valueIn(values)), withoutMaking(ports), ports.signal, {
    ...noCommands,
    below: belowStep(node.op.onto, nodes, hits),
  })
  const { found, sought } = await lookUp(node, context, (work) => work())
  if (!sought) return { kind: 'hit', record: found }
  if (found) return { kind: 'hit', record: found }
  const nearest = await ports.cache.records.nearest(sought.parts.components)
  const explained = await whatExplains(node, sought.parts, context, nearest)
  return { kind: 'miss', reason: await nameFormer(explainMiss(node, explained, nearest), node, sought.key, ports) }
}

/** A COPY that nothing can be found for is made while its files are read: here they are only read. */
function withoutMaking(ports: ExecutorPorts): ExecutorPorts {
  const records = { ...ports.cache.records, hasLike: async () => true }
  return { ...ports, cache: { ...ports.cache, records } }
}

const noCommands = {
  begun: () => {},
  ahead: { until: AbortSignal.abort(), expected: () => 0 },
  refuse: () => {},
}

function onTop(
  { op }: LayerNode,
  record: CacheRecord,
  values: ReadonlyMap<OpId, OpValue>,
  { cache }: ExecutorPorts,
): Promise<OpValue> {
  return stack(inputsFrom(valueIn(values)).snapshot(op.onto), cache.layers.fromRecord(record.layer))
}

function valueIn(values: ReadonlyMap<OpId, OpValue>): (id: string) => OpValue {
  return (id) => {
    const value = values.get(id as OpId)
    if (!value) throw new Error(`${id} is not known, and was looked at`)
    return value
  }
}
