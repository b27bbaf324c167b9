import type { LayerRecord, Layers } from '../../cache/index.ts'
import type { Node, OpId, RunOp } from '../../graph/index.ts'
import type { Layer } from '../../image/index.ts'
import { withoutLogins } from '../../logins.ts'
import { overlay } from '../../tree/index.ts'
import { type Inputs, type OpValue, snapshotOfLayers } from '../values.ts'
import type { OpContext } from './op-executor.ts'
import type { ReadyRun } from './ready-run.ts'

/** What is needed to run something again where a RUN ran: no bytes of secrets, and nothing that was mounted. */
export interface LeftRun {
  /** Of the step; absent where it is none. */
  readonly step?: OpId
  readonly label: string
  readonly op: RunOp
  readonly emulates?: Node['emulates']
  /** Proxy variables, but for those with a login in them. */
  readonly unkeyed?: Node['unkeyed']
  /** What the RUN read: by op id, as layers. */
  readonly inputs: Readonly<Record<string, LeftInput>>
}

export interface LeftInput {
  readonly kind: OpValue['kind']
  readonly layers: readonly LayerRecord[]
}

/** Of a context that is mounted, what the mounts show. */
export async function describeRun(ready: Pick<ReadyRun, 'prepared'>, context: OpContext): Promise<LeftRun> {
  const { node, inputs, ports } = context
  const op = node.op as RunOp
  const read = new Set([op.onto, ...op.mounts.flatMap((mount) => ('from' in mount && mount.from ? [mount.from] : []))])
  const entries = await Promise.all(
    [...read].map(async (id) => {
      const value = inputs.value(id)
      const layers = value.kind === 'snapshot' ? value.layers : shownOf(id, ready)
      const records = await Promise.all(layers.map((layer) => ports.cache.layers.recordOf(layer)))
      return [id, { kind: value.kind, layers: records }] as const
    }),
  )
  return {
    step: node.id,
    label: node.label,
    op,
    ...(node.emulates && { emulates: node.emulates }),
    ...(node.unkeyed && { unkeyed: node.unkeyed.filter((variable) => withoutLogins(variable) === variable) }),
    inputs: Object.fromEntries(entries),
  }
}

function shownOf(id: OpId, { prepared }: Pick<ReadyRun, 'prepared'>): readonly Layer[] {
  return prepared.flatMap(({ shows }) => (shows?.from === id ? shows.layers : []))
}

/** What a RUN that is run again reads. */
export async function leftInputs({ inputs }: LeftRun, layers: Layers, linkSteps: number | undefined): Promise<Inputs> {
  const values = new Map<string, OpValue>()
  for (const [id, input] of Object.entries(inputs)) values.set(id, await inputValue(input, layers, linkSteps))
  const value = (id: OpId) => {
    const found = values.get(id)
    if (!found) throw new Error(`${id} was not kept`)
    return found
  }
  return {
    value,
    snapshot(id) {
      const found = value(id)
      if (found.kind !== 'snapshot') throw new Error(`${id} is no snapshot`)
      return found
    },
  }
}

async function inputValue({ kind, layers: records }: LeftInput, layers: Layers, linkSteps?: number): Promise<OpValue> {
  const found = records.map((record) => layers.fromRecord(record))
  if (kind === 'snapshot') return snapshotOfLayers(found, linkSteps)
  const tree = { ...overlay(await Promise.all(found.map((layer) => layer.tree()))), linkSteps }
  if (kind === 'remote') return { kind, tree }
  return { kind, name: 'context', files: { tree, excludedBy: () => undefined, leavesBy: () => undefined } }
}
