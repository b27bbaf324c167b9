import { atPlace } from '../errors.ts'
import { inputsOf, type Node, type OpId } from '../graph/index.ts'
import { noEmulator } from './emulation.ts'
import { runsCommand } from './ops/index.ts'
import type { ExecutorPorts } from './ports.ts'

/**
 * Where a command cannot be run, no work is done for a RUN that would fail in the end.
 * @returns to be called before a step is done: throws the refusal, at the place of the first RUN that needs the step
 */
export async function refusalOfRuns(
  nodes: readonly Node[],
  ports: Pick<ExecutorPorts, 'runRefusal' | 'emulation'>,
): Promise<(step: OpId) => void> {
  const refused = await refusedRuns(nodes, ports)
  if (refused.size === 0) return () => {}
  const runs = new Map<OpId, OpId>()
  // Inputs come first in a plan, so whoever needs a node is met before it.
  for (const { id, op } of nodes.toReversed()) {
    const run = refused.has(id) ? id : runs.get(id)
    if (run) for (const needed of [id, ...inputsOf(op)]) runs.set(needed, run)
  }
  return (step) => {
    const error = refused.get(runs.get(step) ?? step)
    if (error) throw error
  }
}

/** The RUNs that cannot be run, each with the reason at its place. */
async function refusedRuns(
  nodes: readonly Node[],
  { runRefusal, emulation }: Pick<ExecutorPorts, 'runRefusal' | 'emulation'>,
): Promise<ReadonlyMap<OpId, unknown>> {
  const runs = nodes.filter(({ op }) => runsCommand(op))
  const refusal = runRefusal?.()
  if (refusal) return new Map(runs.map(({ id, at }) => [id, atPlace(refusal, at)]))
  const refused = new Map<OpId, unknown>()
  for (const { id, at, label, emulates } of runs) {
    if (!emulates) continue
    const found = await emulation?.(emulates)
    if (found?.kind === 'none') refused.set(id, atPlace(noEmulator(emulates, label, found), at))
  }
  return refused
}
