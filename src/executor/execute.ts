import type { CacheRecord } from '../cache/index.ts'
import { atPlace } from '../errors.ts'
import { type ContextOp, inputsOf, type Node, type OpId } from '../graph/index.ts'
import type { Layer } from '../image/index.ts'
import type { GraphStep } from './events.ts'
import type { Below, StepBelow } from './explain.ts'
import { runsCommand } from './ops/index.ts'
import type { ExecutorPorts } from './ports.ts'
import { refusalOfRuns } from './refusal-of-runs.ts'
import { schedule } from './schedule.ts'
import { failureOf, type LayerNode, performStep, type StepResult } from './step.ts'
import {
  contextValue,
  emptySnapshot,
  type Inputs,
  type OpValue,
  type SnapshotValue,
  snapshotOfLayers,
  stack,
} from './values.ts'

/** What is to be made. */
export interface Work {
  /** In an order in which every op comes after its inputs. */
  readonly nodes: readonly Node[]
  /** The ops whose files are wanted. */
  readonly targets: readonly OpId[]
}

/** What it became. */
export interface Executed {
  /** Of each target, lowest first. */
  readonly layers: ReadonlyMap<OpId, readonly Layer[]>
  /** How each op with a layer got it. */
  readonly records: ReadonlyMap<OpId, CacheRecord>
  /** The same with what their keys were made of. */
  readonly results: ReadonlyMap<OpId, StepResult>
  readonly steps: { readonly total: number; readonly cached: number }
}

/**
 * Makes the layers of a plan, or of several: each op as soon as its inputs are there, from the cache where it can.
 * @throws {TsbuildError} of the first step that failed, with its place; everything that ran beside it has ended by then
 */
export async function execute({ nodes, targets }: Work, ports: ExecutorPorts): Promise<Executed> {
  const results = new Map<OpId, StepResult>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  let cached = 0
  const over = new AbortController()
  const waiting = new Set(nodes.filter(({ op }) => runsCommand(op)).map(({ id }) => id))
  ports.events({ type: 'build:graph', at: ports.now(), steps: nodes.map(graphStep) })
  const refuse = await refusalOfRuns(nodes, ports)
  const tasks = nodes.map((node) => ({ id: node.id, inputs: inputsOf(node.op), node }))
  const values = await schedule<(typeof tasks)[number], OpValue>(
    tasks,
    ports.jobs,
    ports.signal,
    async ({ node }, resultOf, slot, signal) => {
      const inputs = inputsFrom(resultOf)
      try {
        if (!isLayerNode(node)) return await openSource(node, ports, signal)
        const begun = () => waiting.delete(node.id)
        const ahead = { until: AbortSignal.any([signal, over.signal]), expected: () => waiting.size }
        const below = belowStep(node.op.onto, byId, results)
        const result = await performStep(node, inputs, ports, slot, signal, { begun, ahead, refuse, below })
        begun()
        results.set(node.id, result)
        if (result.cached) cached++
        const files = await stack(inputs.snapshot(node.op.onto), ports.cache.layers.fromRecord(result.record.layer))
        ports.stepDone?.(node, files.layers)
        return files
      } catch (error) {
        throw atPlace(error, node.at)
      }
    },
  ).finally(() => over.abort())
  const layers = targets.map((id) => {
    const target = values.get(id)
    if (target?.kind !== 'snapshot') throw new Error('a target of the plan is no snapshot')
    return [id, target.layers] as const
  })
  const records = new Map([...results].map(([id, { record }]) => [id, record]))
  return { layers: new Map(layers), records, results, steps: { total: results.size, cached } }
}

function graphStep({ id, op, label, at }: Node): GraphStep {
  const image = op.kind === 'image' ? { image: op.image } : {}
  return { id, kind: op.kind, label, inputs: inputsOf(op), ...(at && { at }), ...image }
}

/** How the steps below were done, or would be. */
type Results = ReadonlyMap<OpId, Pick<StepResult, 'record' | 'cached' | 'same'>>

/** Walks down to the base. */
export function belowStep(onto: OpId, nodes: ReadonlyMap<OpId, Node>, results: Results): Below {
  let missed: Node | undefined
  let node = nodes.get(onto)
  for (; node && 'onto' in node.op; node = nodes.get(node.op.onto)) {
    const result = results.get(node.id)
    if (result && !result.cached && !result.same) missed = node
  }
  return {
    base: node?.op.kind === 'image' ? node.op.image : undefined,
    missed,
    steps: () => stepsBelow(onto, nodes, results),
  }
}

function* stepsBelow(onto: OpId, nodes: ReadonlyMap<OpId, Node>, results: Results): Generator<StepBelow> {
  for (let node = nodes.get(onto); node && 'onto' in node.op; node = nodes.get(node.op.onto)) {
    const record = results.get(node.id)?.record
    if (!record) return
    yield { node, record }
  }
}

export function isLayerNode(node: Node): node is LayerNode {
  return 'onto' in node.op
}

export function inputsFrom(resultOf: (id: string) => OpValue): Inputs {
  const snapshot = (id: OpId): SnapshotValue => {
    const value = resultOf(id)
    if (value.kind !== 'snapshot') throw new Error(`${id} is no snapshot`)
    return value
  }
  return { snapshot, value: resultOf }
}

/** What comes from outside the graph. Of images and contexts nothing is fetched or read yet. */
export async function openSource(node: Node, ports: ExecutorPorts, signal: AbortSignal): Promise<OpValue> {
  const { op } = node
  const linkSteps = ports.limits?.['link-steps']
  switch (op.kind) {
    case 'scratch':
      return emptySnapshot(linkSteps)
    case 'image':
      return shown(node, ports, signal, async () => snapshotOfLayers(await ports.sources.image(op), linkSteps))
    case 'context':
      return shown(node, ports, signal, async () => openContext(op, ports))
    case 'http':
    case 'git':
      return shown(node, ports, signal, async () => ({
        kind: 'remote',
        tree: { ...(await ports.sources.remote({ ...node, op }, signal)), linkSteps },
      }))
    default:
      throw new Error(`${op.kind} is no source`)
  }
}

async function openContext(op: ContextOp, { sources, limits }: ExecutorPorts): Promise<OpValue> {
  return contextValue(op.name, await sources.context(op.name), limits?.['link-steps'])
}

/** Lets the views see a source as a step. */
async function shown(
  node: Node,
  { events, now }: ExecutorPorts,
  signal: AbortSignal,
  open: () => Promise<OpValue>,
): Promise<OpValue> {
  const started = now()
  events({ type: 'step:start', at: started, step: node.id, label: node.label })
  try {
    const value = await open()
    events({ type: 'step:done', at: now(), step: node.id, milliseconds: now() - started })
    return value
  } catch (error) {
    events(failureOf(node, error, now(), signal))
    throw error
  }
}
